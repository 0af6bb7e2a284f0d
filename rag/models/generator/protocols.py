"""What the rest of Wenju needs of a generator: writing, and what it says of itself that it can do besides."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.models.generator.engines import Engine


class Local(Protocol):
    """What a model in our own hands can do: tell its probabilities, and be trained for a prompt."""

    @property
    def trained_instructions(self) -> frozenset[str]:
        """The system messages that it was trained further to follow; they need no examples after them."""

    @property
    def can_find(self) -> bool:
        """Whether it was also trained, apart, to find what is asked for and say that alone."""

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """How likely the answer is to begin with each candidate text, 0 to 1; of the ``finder``, if wanted.

        Raises:
            GenerationError: the model failed.
        """


class Quoting(Protocol):
    """What picks sentences out of passages instead of writing them."""

    def read(self, question: str, passages: Sequence[str]) -> list[tuple[int, str]]:
        """The sentences that answer the question, each with the 1-based number of its passage; or none."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a generator can do beside following a prompt; None: it can't.

    ``warm`` reads the beginning of later prompts now, so that they start sooner. ``load_ahead`` begins to
    load the model and returns at once. ``engine`` runs it, where that is ours to choose.
    """

    local: Local | None = None
    quoting: Quoting | None = None
    warm: Callable[[Sequence[BaseMessage]], None] | None = None
    load_ahead: Callable[[], None] | None = None
    engine: Engine | None = None


class Generator(Protocol):
    """A chat model as LangChain has it, that says what it can do. `ChatGenerator` makes one of any other."""

    @property
    def model_name(self) -> str:
        """What traces and errors call it."""

    @property
    def abilities(self) -> Abilities:
        """What it can do beside following a prompt."""

    def stream(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        avoid: str = "",
    ) -> Iterator[AIMessageChunk]:
        """The answer in pieces; ``avoid`` is what it must not begin with, of local models only.

        Its last pieces may bring token counts (``usage_metadata``) and ``likelihoods`` (in
        ``response_metadata``): the natural logarithm of each token's probability.
        """

    def invoke(
        self,
        input: list[BaseMessage],
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        max_tokens: int = ...,
        avoid: str = "",
        finder: bool = False,
    ) -> AIMessage:
        """The whole answer. ``finder``: by the second adapter, of local models that can find."""
