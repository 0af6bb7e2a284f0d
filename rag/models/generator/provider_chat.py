"""Any other LangChain chat model, as ``provider:model``: another program's, another machine's, a vendor's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.errors import ConfigError, GenerationError, RagError
from rag.models.generator.protocols import Abilities
from rag.settings import GeneratorSettings

_TAKES_SEED = {"openai", "azure_openai", "mistralai", "ollama", "groq"}


@dataclass(frozen=True, slots=True)
class ChatGenerator:
    """Any LangChain chat model as a generator. It has no abilities; its own limit of tokens holds.

    Its failures are reported as Wenju reports them: what, why, what to do.
    """

    model: BaseChatModel
    name: str = ""
    place: str = ""  # where it is served, for messages

    @property
    def model_name(self) -> str:
        """Its name, by default that of its class."""
        return self.name or self.model.get_name()

    @property
    def abilities(self) -> Abilities:
        """None."""
        return Abilities()

    def stream(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        avoid: str = "",
    ) -> Iterator[AIMessageChunk]:
        """See `Generator`."""
        with self._reporting():
            yield from self.model.stream(input, config, stop=stop)

    def invoke(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        max_tokens: int = 0,
        avoid: str = "",
        finder: bool = False,
    ) -> AIMessage:
        """See `Generator`."""
        with self._reporting():
            return self.model.invoke(input, config, stop=stop)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except RagError:
            raise
        except Exception as error:  # each provider's client has its own tree of errors
            raise GenerationError(
                f"{self.model_name}{self.place} doesn't answer: {_causes(error)}; "
                "check the server, generator.base_url in rag.toml, and the API key in the environment"
            ) from error


def init_provider_model(settings: GeneratorSettings) -> ChatGenerator:
    """The chat model that ``settings.model`` names as "provider:model"; keys come from the environment.

    Raises:
        ConfigError: there is no such provider, its package isn't installed, or it needs a key.
    """
    from langchain.chat_models import init_chat_model  # takes a second to load

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
    return ChatGenerator(inner, settings.model, place)


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
