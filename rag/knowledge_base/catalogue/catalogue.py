"""A connection to the catalogue: where publication stands, and what the indexes are made of."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseMismatch
from rag.knowledge_base.catalogue.schema import connect, reporting_trouble
from rag.knowledge_base.catalogue.vectors import decode_vector
from rag.models.fingerprint import EmbedderFingerprint
from rag.passage import embedding_text
from rag.text.glossary import Glossary

NEWEST = 1 << 62  # a generation after all others: what has been written, published or not


class State(NamedTuple):
    """Where publication stands."""

    identity: str
    published: int
    published_key: int
    embedder: int
    writing_embedder: int


class IndexedPassage(NamedTuple):
    """What the lexical index needs of a passage."""

    key: int
    text: str  # context and text


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

    def texts_to_index(self, after: int, up_to: int, dead: int, rows: int) -> Iterator[list[IndexedPassage]]:
        """Passages with ``after < key <= up_to`` that aren't dead by generation ``dead``, in batches."""
        sql = (
            "SELECT p.key, p.context, p.text FROM passages p JOIN documents d ON d.key = p.document "
            "WHERE p.key > :after AND p.key <= :up_to AND (d.died IS NULL OR d.died > :dead) ORDER BY p.key"
        )
        with reporting_trouble(self.folder):
            cursor = self.connection.execute(sql, {"after": after, "up_to": up_to, "dead": dead})
            while batch := cursor.fetchmany(rows):
                yield [IndexedPassage(key, embedding_text(context, text)) for key, context, text in batch]

    def vectors_to_index(
        self, embedder: int, after: int, up_to: int, dead: int, rows: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Keys and vectors of the same passages, in batches of up to ``rows`` rows."""
        sql = (
            "SELECT p.key, v.vector FROM passages p JOIN documents d ON d.key = p.document "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            "WHERE p.key > :after AND p.key <= :up_to AND (d.died IS NULL OR d.died > :dead) ORDER BY p.key"
        )
        with reporting_trouble(self.folder):
            cursor = self.connection.execute(
                sql, {"embedder": embedder, "after": after, "up_to": up_to, "dead": dead}
            )
            while batch := cursor.fetchmany(rows):
                keys = np.array([key for key, _ in batch], dtype=np.int64)
                yield keys, np.stack([decode_vector(blob) for _, blob in batch])


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
