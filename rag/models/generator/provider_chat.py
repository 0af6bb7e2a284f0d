"""Any other LangChain chat model, as ``provider:model``: another program's, another machine's, a vendor's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from rag.errors import ConfigError, GenerationError
from rag.settings import GeneratorSettings

_TAKES_SEED = {"openai", "azure_openai", "mistralai", "ollama", "groq"}


class ProviderChatModel(BaseChatModel):
    """A LangChain chat model whose failures are reported as Wenju reports them: what, why, what to do."""

    inner: BaseChatModel
    model_name: str  # provider:model
    place: str = ""  # where it is served, for messages

    @property
    def _llm_type(self) -> str:
        return f"provider-{self.inner._llm_type}"

    def get_token_ids(self, text: str) -> list[int]:
        """What the model itself says about its tokens."""
        return self.inner.get_token_ids(text)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._reporting():
            message = self.inner.invoke(messages, stop=stop, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with self._reporting():
            for chunk in self.inner.stream(messages, stop=stop, **kwargs):
                yield ChatGenerationChunk(message=_as_chunk(chunk))

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each provider's client has its own tree of errors
            raise GenerationError(
                f"{self.model_name}{self.place} doesn't answer: {_causes(error)}; "
                "check the server, generator.base_url in rag.toml, and the API key in the environment"
            ) from error


def init_provider_model(settings: GeneratorSettings) -> ProviderChatModel:
    """The chat model that ``settings.model`` names as "provider:model"; keys come from the environment.

    Raises:
        ConfigError: there is no such provider, its package isn't installed, or it needs a key.
    """
    provider = settings.model.partition(":")[0]
    options: dict[str, Any] = {"temperature": settings.temperature, "max_tokens": settings.max_tokens}
    if provider in _TAKES_SEED:
        options["seed"] = settings.seed
    if settings.base_url:
        options["base_url"] = settings.base_url
    try:
        inner = init_chat_model(settings.model, **options)
    except ImportError as error:
        raise ConfigError(f"generator '{settings.model}' can't be used: {_causes(error)}") from error
    except Exception as error:  # each provider's client has its own way to say that a key is missing
        raise ConfigError(
            f"generator '{settings.model}' can't be set up: {_causes(error)}; "
            f"put {provider}'s API key into the environment (any text will do if the server asks for none)"
        ) from error
    place = f" at {settings.base_url}" if settings.base_url else ""
    return ProviderChatModel(inner=inner, model_name=settings.model, place=place)


def _as_chunk(message: AIMessage) -> AIMessageChunk:
    """A whole message, which is all that a model that can't stream gives, as the one chunk of a stream."""
    if isinstance(message, AIMessageChunk):
        return message
    return AIMessageChunk(
        content=message.content,
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
        chunk_position="last",
    )


def _causes(error: BaseException) -> str:
    """The error and what lies under it, each on the same line: "Connection error" alone says too little."""
    said: list[str] = []
    current: BaseException | None = error
    while current is not None and len(said) < 3:
        line = " ".join(str(current).split())[:200].rstrip(".") or type(current).__name__
        if line not in said:
            said.append(line)
        current = current.__cause__
    return ": ".join(said)
