"""Questions and answers: what goes into the chain, what comes out of it, and what is told on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from langchain_core.documents import Document

from rag.filter import Filter

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
    "not known",
]
# Something was written and taken back: what the documents hold isn't known by that.
TAKEN_BACK: frozenset[ReasonCode] = frozenset({"unsupported", "only restates", "not sure enough"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a question was declined. `rag.presenting.reasons` says it in words.

    ``detail``: what the words name: the codes that no passage has, the probability that isn't enough.
    """

    code: ReasonCode
    detail: str = ""


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
class Stage:
    """A step of a search and the passages it left, best first, each carrying the score that it gave.

    ``query``: what was searched for, which may be a part of the question, or more than it.
    ``scores``: columns of other scores by name, each as long as ``passages``; None where there is none.
    """

    name: str
    passages: tuple[Document, ...]
    query: str = ""
    scores: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened on the way to the answer. Milliseconds; token counts as the generator counts them.

    ``stages`` are of the search, in order; a question may be searched several times over. The last is what
    the search gave: what a stage has and that one lacks dropped out on the way.
    """

    retrieve_ms: float = 0.0
    first_token_ms: float | None = None  # from the question to the first word of the answer
    generate_ms: float = 0.0
    total_ms: float = 0.0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    generator: str = ""
    engine: str = ""  # what ran the generator, where that is ours to choose
    engine_reason: str = ""  # `rag.models.generator.engines`
    dropped_citations: tuple[int, ...] = ()  # numbers the generator wrote that no passage has
    removed: tuple[str, ...] = ()  # sentences of the draft, or of the first one, that no passage supports
    evidence: tuple[str, ...] = ()  # what was read of each of `Answer.passages`
    withheld: tuple[str, ...] = ()  # sentences of the evidence that are orders to an assistant, not read
    query: str = ""  # what was searched for, which isn't the question where that leans on the conversation
    stages: tuple[Stage, ...] = ()
    draft: str = ""  # what the generator wrote, before citations were resolved
    first_draft: str = ""  # what it had written before, and what something else took the place of
    found: str | None = None  # what is asked for, as a second reader found it (`rag.answering.second_reader`)
    rewrite_ms: float = 0.0  # to make a question that leans on the conversation stand alone
    signals: Mapping[str, float] = field(default_factory=dict)  # `rag.answering.confidence`, of the draft


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and the evidence it rests on, or a decline, which cites nothing and has a ``reason``.

    ``confidence``: the probability, 0 to 1, that the answer is right: of a generated one by a calibration
    that was fitted on other questions (`rag.answering.confidence`), of a curated one that its entry is the
    one that is asked for. None where there is no calibration for the models, and of declines.
    ``standalone``: what a question that leaned on the conversation was understood as, and answered as.
    ``unnamed``: what the question names and the cited passages don't, a product, a code, a year: the answer
    may be about another one. ``curated``: the entry that an answer of the origin "faq" is from, or, beside
    another answer, one that may be meant.
    """

    question: str
    text: str
    passages: tuple[Document, ...]
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    origin: Origin = "generated"
    abstained: bool = False
    reason: Reason | None = None
    confidence: float | None = None
    unnamed: tuple[str, ...] = ()
    filter: Filter | None = None  # the question's
    curated: Curated | None = None
    standalone: str | None = None
    trace: Trace = field(default_factory=Trace)


@dataclass(frozen=True, slots=True)
class Standing:
    """A sentence in which the answer stands, before anything is written, and where in it.

    All places are code points into the stored text of the passage's document.
    """

    passage: Document
    sentence: str
    start: int  # of the sentence
    answer_start: int
    answer_end: int

    @property
    def stretches(self) -> tuple[tuple[str, bool], ...]:
        """The sentence in three pieces, of which the answer is marked."""
        first, last = self.answer_start - self.start, self.answer_end - self.start
        pieces = (
            (self.sentence[:first], False),
            (self.sentence[first:last], True),
            (self.sentence[last:], False),
        )
        return tuple(each for each in pieces if each[0])


@dataclass(frozen=True, slots=True)
class Found:
    """The first event: what will be read. ``answer`` has the passages, and no text yet.

    ``standing``: where the reader sees the answer, if there is a reader and it sees one.
    """

    answer: Answer
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Drafting:
    """The draft so far, all of it: nothing of it is checked, its marks may name no passage.

    ``complete``: the writer has ended, and what it wrote is being checked.
    """

    text: str
    complete: bool = False


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The draft that was shown isn't the answer: something else takes its place, or nothing is answered."""

    draft: str
    why: Literal["replaced", "withheld"]


@dataclass(frozen=True, slots=True)
class Final:
    """The last event: the answer, or a decline."""

    answer: Answer


Event = Found | Drafting | TakenBack | Final
