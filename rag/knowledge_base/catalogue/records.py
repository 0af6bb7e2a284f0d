"""What goes into a knowledge base and what it reports: plain records, no behaviour worth the name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.passage import Kind, embedding_text
from rag.text.sentences import Span


def digest_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def one_line(text: str) -> str:
    """The text with every run of white space made one space."""
    return " ".join(text.split())


def question_digest(question: str) -> str:
    """Names the vector of a curated question, which is embedded as a query: never that of a passage's."""
    return digest_of(f"\0question\0{question}")


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """Where a curated question, its other phrasings and its answer stand in their document's text."""

    questions: tuple[Span, ...]  # the question, then its phrasings; at least one
    answer: Span


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to be stored: a slice of its document's text and what stands beside it."""

    text: str
    start: int  # code points into NewDocument.text
    end: int
    page: int | None = None
    heading: tuple[str, ...] = ()
    context: str = ""
    kind: Kind = "prose"
    lang: str = "en"
    passage_id: str | None = None  # instead of the one made from place and content
    metadata: Mapping[str, Any] | None = None  # instead of the metadata contract (PassageStore)
    entry: FaqEntry | None = None  # of a curated question and its answer

    @property
    def digest(self) -> str:
        """Names the vector: equal for passages whose embedded text is equal, wherever they stand."""
        return digest_of(embedding_text(self.context, self.text))

    @property
    def questions(self) -> tuple[str, ...]:
        """The curated question and its phrasings, each on one line; none of a passage that is no entry."""
        spans = self.entry.questions if self.entry is not None else ()
        return tuple(one_line(self.text[first - self.start : last - self.start]) for first, last in spans)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be stored. ``status`` "failed" documents have a ``problem`` and no text."""

    source: str  # relative to the root, forward slashes
    sha256: str  # of the file's bytes
    size: int  # bytes
    mtime_ns: int
    parser: str
    status: Literal["ok", "failed"] = "ok"
    problem: str | None = None
    text: str = ""
    title: str = ""
    lang: str = "en"
    modified: str = ""  # ISO 8601
    pages: int | None = None
    report: Mapping[str, Any] = field(default_factory=dict)  # JSON-able; more about how it was read


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of the published generation (or of the newest written one, where a method says so)."""

    doc_id: str
    root: str
    source: str
    sha256: str
    size: int
    mtime_ns: int
    parser: str
    status: Literal["ok", "failed"]
    problem: str | None
    title: str
    lang: str
    modified: str
    pages: int | None
    characters: int
    passages: int
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SimilarDocument:
    """Another document that is much like one: ``similarity`` is the share of shingles they have in common."""

    root: str
    source: str
    similarity: float


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What ``KnowledgeBase.verify`` found. ``behind``: written but unpublished work, which is no problem."""

    problems: tuple[str, ...]
    behind: bool
    generation: int
    documents: int
    passages: int
    vectors: int
    dense_rows: int  # of live passages
    lexical_rows: int
    questions: int = 0  # of curated entries, other phrasings included

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.problems
