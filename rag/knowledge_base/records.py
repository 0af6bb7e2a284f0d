"""What goes into a knowledge base and what it reports: plain records, no behaviour worth the name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.passage import Kind, embedding_text


def digest_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class EmbedderFingerprint:
    """What makes two embedders interchangeable: vectors of one may be compared with vectors of the other."""

    name: str
    dimension: int
    digest: str  # SHA-256 over the model's weights
    query_prefix: str
    passage_prefix: str


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

    @property
    def digest(self) -> str:
        """Names the vector: equal for passages whose embedded text is equal, wherever they stand."""
        return digest_of(embedding_text(self.context, self.text))


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

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.problems
