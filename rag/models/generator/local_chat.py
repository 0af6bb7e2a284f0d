"""A LangChain chat model over a model in this process; which engine runs it is the subclass's business."""

import queue
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from rag.errors import GenerationError, first_line
from rag.models.generator.adapter import read_instructions
from rag.models.generator.engines import Engine
from rag.models.generator.protocols import Abilities

_POLL_SECONDS = 0.1  # how often a reader that waits for the model is asked whether it's still there
_LEAVE_SECONDS = 0.1  # that a reader who leaves waits for the model to notice


@dataclass(frozen=True, slots=True)
class Request:
    """What to answer and how. Temperature 0 is greedy; a seed of None means another one each time.

    A ``stop`` text ends the answer before itself; ``avoid`` is what it must not begin with. ``finder``: by
    the second adapter. ``lookup_tokens`` are guessed ahead at each step; 0 turns guessing off.
    """

    messages: Sequence[BaseMessage]
    max_tokens: int
    stop: Sequence[str] = ()
    avoid: str = ""
    finder: bool = False
    temperature: float = 0.0
    seed: int | None = 0
    lookup_tokens: int = 0


class LoadedModel(Protocol):
    """A model in memory, as an engine has it. Its owner sees to it that one thread uses it at a time."""

    def write(
        self, request: Request, abandoned: Callable[[], bool], waited: float
    ) -> Generator[AIMessageChunk, None, None]:
        """An answer in pieces; the last one has no text, but what is to be known of the whole.

        ``abandoned`` is asked at each step whether nobody wants it any more. ``waited``: seconds that the
        reader has waited for the model.
        """

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """How likely the answer is to begin with each candidate, none of them empty, 0 to 1."""

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Read the beginning of prompts to come and keep it."""

    def encode(self, text: str) -> list[int]:
        """The tokens of a plain text."""


class LocalChatModel(BaseChatModel):
    """A model of this machine as a chat model; it is loaded when it is first used.

    Calls from several threads are answered one after the other. What the last prompt and this one have in
    common at the beginning isn't read again. Greedy unless ``temperature`` is above 0; then equal calls with
    an equal ``seed`` give equal answers. A call may bring its own ``max_tokens``, text that the answer must
    not begin with, ``avoid``, and ``finder``: whether the second adapter answers.

    An answer's ``response_metadata`` has ``model_name``, ``finish_reason`` ("stop" or "length"),
    ``reused_tokens`` of the prompt, ``likelihoods`` (the natural logarithm of each token's probability), and
    ``timings_ms``: ``wait`` for other calls, ``first_token`` and ``total`` from then on.
    """

    model_name: str  # what the answers call it
    engine: Engine | None = None  # what runs it, and why
    device: str = "auto"
    temperature: float = Field(0.0, ge=0.0)
    seed: int | None = 0
    max_tokens: int = Field(256, ge=1)
    prompt_lookup_tokens: int = Field(0, ge=0)  # guessed ahead at each step; 0 turns guessing off
    adapter: Path | None = None  # what the model was trained further with, for the instructions it names
    finder: Path | None = None  # the same, for finding what is asked for

    _loaded: LoadedModel | None = PrivateAttr(default=None)
    _load_lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _model_lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @abstractmethod
    def _open(self) -> LoadedModel:
        """Load the model.

        Raises:
            GenerationError: it can't be loaded.
        """

    @property
    def _identifying_params(self) -> dict[str, Any]:
        own = type(self).model_fields.keys() - BaseChatModel.model_fields.keys()
        return {name: str(getattr(self, name)) for name in sorted(own)}

    @cached_property
    def trained_instructions(self) -> frozenset[str]:
        """The system messages that the model was trained to follow: they need no examples after them.

        Raises:
            WeightsError: the adapter can't be read.
        """
        return frozenset(read_instructions(self.adapter).values() if self.adapter is not None else ())

    @property
    def abilities(self) -> Abilities:
        """It tells its probabilities, and keeps what it has read."""
        return Abilities(local=self, warm=self.warm, engine=self.engine)

    @property
    def can_find(self) -> bool:
        """Whether it has a second adapter, that finds what is asked for."""
        return self.finder is not None

    def load(self) -> None:
        """Load the model now rather than at the first question.

        Raises:
            GenerationError: there is no usable model.
        """
        self._model()

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Read a fixed head of prompts now and keep it, so that prompts that begin with it start sooner.

        Raises:
            GenerationError: the model can't be loaded, or can't take the messages.
        """
        model = self._model()
        with self._alone(), self._reporting():
            model.warm(messages)

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """How likely the answer is to begin with each candidate text, 0 to 1; of the ``finder``, if wanted.

        A candidate counts as the tokenizer cuts it by itself. Candidates of one token cost nothing beyond
        reading the prompt, which is kept. The probabilities needn't add up to 1.

        Raises:
            GenerationError: the prompt is too long, or the model can't be loaded or fails.
            ValueError: a candidate is empty.
        """
        if not all(candidates):
            raise ValueError("a candidate must not be empty")
        model = self._model()
        with self._alone(), self._reporting():
            return model.first_token_probabilities(messages, candidates, finder=finder)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens that the model makes of a text, without those of the chat template."""
        return self._model().encode(text)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # In the caller's thread: OpenMP's threads wake up more slowly where more than one thread calls it.
        chunks = self._write(self._request(messages, stop, **kwargs))
        return generate_from_stream(ChatGenerationChunk(message=each) for each in chunks)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._request(messages, stop, **kwargs)
        self._model()
        events: queue.SimpleQueue[AIMessageChunk | Exception] = queue.SimpleQueue()
        abandoned = threading.Event()

        def work() -> None:
            try:
                for chunk in self._write(request, abandoned.is_set):
                    events.put(chunk)
            except Exception as error:  # raised again by whoever reads the stream
                events.put(error)

        # The model writes at its own speed in a thread of its own: a slow reader holds up nobody.
        worker = threading.Thread(target=work, name="generator", daemon=True)
        worker.start()
        try:
            while True:
                event = events.get()
                if isinstance(event, Exception):
                    raise event
                yield ChatGenerationChunk(message=event)
                if event.chunk_position == "last":
                    return
        finally:
            abandoned.set()
            worker.join(_LEAVE_SECONDS)  # the model may first have to end a piece of the prompt

    def _write(
        self, request: Request, abandoned: Callable[[], bool] = lambda: False
    ) -> Iterator[AIMessageChunk]:
        model = self._model()
        asked = time.perf_counter()
        with self._alone(abandoned), self._reporting():
            waited = time.perf_counter() - asked
            with closing(model.write(request, abandoned, waited)) as chunks:
                yield from chunks

    def _request(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        *,
        max_tokens: int | None = None,
        avoid: str = "",
        finder: bool = False,
    ) -> Request:
        return Request(
            messages,
            max_tokens if max_tokens is not None else self.max_tokens,
            stop or [],
            avoid,
            finder,
            self.temperature,
            self.seed,
            self.prompt_lookup_tokens,
        )

    def _model(self) -> LoadedModel:
        with self._load_lock:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    @contextmanager
    def _alone(self, abandoned: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Have the model to oneself; who leaves while waiting for it needn't get it."""
        while not self._model_lock.acquire(timeout=_POLL_SECONDS):
            if abandoned():
                raise GenerationError("the reader left before the answer was begun")
        try:
            yield
        finally:
            self._model_lock.release()

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """What goes wrong inside the model (no memory left, a broken device) is a GenerationError."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            raise GenerationError(
                f"{self.model_name} failed while generating: {first_line(error)}; "
                'a smaller generator.model, or generator.device = "cpu" in rag.toml, needs less memory'
            ) from error
