"""Connections to the catalogue, and what it says of itself: where publication stands, by which embedder."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from rag.errors import KnowledgeBaseMismatch
from rag.knowledge_base.catalogue.schema import MomentaryConnection, connect, reporting_trouble
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Glossary

_KEPT = 8  # connections, open between questions
NEWEST = 1 << 62  # a generation after all others: what has been written, published or not


class State(NamedTuple):
    """Where publication stands."""

    identity: str
    published: int
    published_key: int
    embedder: int
    writing_embedder: int


class Catalogue:
    """One connection to the catalogue; for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = connect(folder)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def execute(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement, with SQLite's complaints as errors of ours."""
        with reporting_trouble(self.folder):
            return self.connection.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row."""
        with reporting_trouble(self.folder):
            self.connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One that writes, taken back where it isn't finished."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.rollback()

    def fetch(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with reporting_trouble(self.folder):
            return self.connection.execute(sql, parameters).fetchall()

    def state(self) -> State:
        """Where publication stands, seen from the current transaction."""
        row = self.fetch(
            "SELECT m.value, s.published, s.published_key, s.embedder, s.writing_embedder "
            "FROM state s JOIN meta m ON m.name = 'identity'"
        )[0]
        return State._make(row)

    def fingerprint(self, embedder: int) -> EmbedderFingerprint:
        """The embedder of that id."""
        sql = "SELECT name, dimension, digest, query_prefix, passage_prefix FROM embedders WHERE id = ?"
        return EmbedderFingerprint(*self.fetch(sql, (embedder,))[0])

    def glossary(self, generation: int) -> Glossary:
        """The glossaries of all roots, merged."""
        sql = "SELECT text FROM glossaries WHERE born <= :g AND (died IS NULL OR died > :g) ORDER BY root"
        return Glossary.merge(Glossary.parse(row[0]) for row in self.fetch(sql, {"g": generation}))

    def greatest_key(self) -> int:
        """The greatest passage key that was ever given out."""
        rows = self.fetch("SELECT seq FROM sqlite_sequence WHERE name = 'passages'")
        return int(rows[0][0]) if rows else 0


class Connections:
    """Hands out connections, each to one borrower at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: list[Catalogue] = []
        self._lock = Lock()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[Catalogue]:
        """A connection outside any transaction; one that an error left in doubt isn't used again.

        Raises:
            KnowledgeBaseCorrupt: the catalogue isn't a readable SQLite database.
        """
        with self._lock:
            catalogue = self._idle.pop() if self._idle else None
        if catalogue is None:
            catalogue = Catalogue(self._folder)
        sound = False
        try:
            yield catalogue
            sound = True
        finally:
            if catalogue.connection.in_transaction:
                catalogue.connection.rollback()
            with self._lock:
                lasting = not isinstance(catalogue.connection, MomentaryConnection)
                keep = sound and lasting and not self._closed and len(self._idle) < _KEPT
                if keep:
                    self._idle.append(catalogue)
            if not keep:
                catalogue.close()

    def close(self) -> None:
        """Close those that aren't borrowed now; the others are closed when they come back."""
        with self._lock:
            idle, self._idle, self._closed = self._idle, [], True
        for catalogue in idle:
            catalogue.close()


def check_embedder(
    catalogue: Catalogue, embedder: int, expected: EmbedderFingerprint | None
) -> EmbedderFingerprint:
    """The embedder of that id, refusing one that the knowledge base's vectors weren't made with.

    Raises:
        KnowledgeBaseMismatch: ``expected`` is another one.
    """
    found = catalogue.fingerprint(embedder)
    if expected is None or expected == found:
        return found
    raise KnowledgeBaseMismatch(
        f"the knowledge base {catalogue.folder} was made with the embedder {_describe(found, expected)}, "
        f"not with {_describe(expected, found)}; set that one, or make the knowledge base anew with "
        f"`python -m ingest DIR --kb {catalogue.folder} --rebuild`"
    )


def _describe(one: EmbedderFingerprint, other: EmbedderFingerprint) -> str:
    """The embedder's name, with what tells it from the other if that isn't the name."""
    if (one.name, one.dimension) != (other.name, other.dimension):
        return f"{one.name} (dimension {one.dimension})"
    if one.digest != other.digest:
        return f"{one.name} (weights {one.digest[:12]})"
    return f"{one.name} (prefixes {one.query_prefix!r} and {one.passage_prefix!r})"
