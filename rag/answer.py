"""Questions and answers: what goes into the chain and what comes out of it."""

from dataclasses import dataclass, field
from typing import Literal

from langchain_core.documents import Document

from rag.filter import Filter
from rag.trace import Trace

__all__ = [
    "Answer",
    "Citation",
    "Curated",
    "Origin",
    "Question",
    "ReasonCode",
    "SearchResult",
    "Sentence",
    "Trace",
    "Turn",
]

Origin = Literal["generated", "faq", "extractive"]
ReasonCode = Literal[
    "nothing found",
    "nothing passes",
    "unknown codes",
    "no sentence fits",
    "wrote nothing",
    "wrote no sentence",
    "found no answer",
    "unsupported",
    "only restates",
    "not sure enough",
]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the conversation it was asked in, oldest turn first.

    With a filter, it is answered only from passages that pass it.
    """

    text: str
    history: tuple[Turn, ...] = ()
    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, best first, each passage with its score; milliseconds of embedding, and of all."""

    question: Question
    passages: tuple[Document, ...]
    embed_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in the documents that a sentence of the answer rests on.

    ``start`` and ``end`` are code points into the stored text of the passage's document, and ``quote`` is
    exactly that slice. ``number`` is the 1-based position of ``passage`` among ``Answer.passages``.
    """

    number: int
    passage: Document
    quote: str
    start: int
    end: int
    support: float | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer: ``Answer.text[start:end] == text``, marks such as ``[1]`` included."""

    text: str
    start: int
    end: int
    citations: tuple[int, ...]
    support: float | None


@dataclass(frozen=True, slots=True)
class Curated:
    """A curated answer that may be the one: to ``question``, which somebody wrote beside it.

    ``answer`` is exactly ``start`` to ``end`` of the stored text of the passage's document. ``probability``:
    that the entry answers what was asked.
    """

    question: str
    answer: str
    passage: Document
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and the evidence it rests on.

    While it streams, each item is the answer so far: passages from the first item on, ``sentences`` and
    ``citations`` only in the last. ``abstained`` answers cite nothing and say why in ``reason``, in English;
    ``rag.presenting.reasons`` says it in other languages by ``reason_code``.
    ``confidence`` is a probability, of answers of the origin "faq"; None of others, until it is fitted.
    ``standalone`` is what a question that leaned on the conversation was understood as, and answered as.
    ``curated`` is the entry that such an answer is from, or, beside another answer, one that may be meant.
    """

    question: str
    text: str
    passages: tuple[Document, ...]
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    origin: Origin = "generated"
    abstained: bool = False
    reason: str | None = None
    reason_code: ReasonCode | None = None
    confidence: float | None = None
    filter: Filter | None = None  # the question's
    curated: Curated | None = None
    standalone: str | None = None
    trace: Trace = field(default_factory=Trace)
