"""Reading the catalogue as it stands for one generation."""

import difflib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.filter import Filter
from rag.knowledge_base.catalogue.filter_sql import condition_of
from rag.knowledge_base.catalogue.metadata import decode_metadata
from rag.knowledge_base.catalogue.records import StoredDocument
from rag.knowledge_base.catalogue.schema import connect, reporting_trouble
from rag.knowledge_base.catalogue.vectors import decode_vector
from rag.models.fingerprint import EmbedderFingerprint
from rag.passage import PassageMetadata, embedding_text
from rag.text.glossary import Glossary

NEWEST = 1 << 62  # a generation after all others: what has been written, published or not

_LIVE = "d.born <= :g AND (d.died IS NULL OR d.died > :g)"
_PASSAGE = (
    'SELECT p.passage_id, p.text, p.metadata, d.doc_id, d.source, p.page, p.heading, p.start, p."end", '
    "p.context, p.kind, p.lang, d.modified FROM passages p JOIN documents d ON d.key = p.document"
)
_DOCUMENT = (
    "SELECT d.doc_id, r.path, d.source, d.sha256, d.size, d.mtime_ns, d.parser, d.status, d.problem, "
    "d.title, d.lang, d.modified, d.pages, d.characters, d.passages, d.report "
    "FROM documents d JOIN roots r ON r.id = d.root"
)


@dataclass(frozen=True, slots=True)
class State:
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
        return State(*row)

    def fingerprint(self, embedder: int) -> EmbedderFingerprint:
        """The embedder of that id."""
        sql = "SELECT name, dimension, digest, query_prefix, passage_prefix FROM embedders WHERE id = ?"
        return EmbedderFingerprint(*self.fetch(sql, (embedder,))[0])

    def roots(self) -> list[str]:
        """The folders that were ingested."""
        return [row[0] for row in self.fetch("SELECT path FROM roots ORDER BY id")]

    def glossary(self, generation: int) -> Glossary:
        """The glossaries of all roots, merged."""
        sql = "SELECT text FROM glossaries WHERE born <= :g AND (died IS NULL OR died > :g) ORDER BY root"
        return Glossary.merge(Glossary.parse(row[0]) for row in self.fetch(sql, {"g": generation}))

    def live_passage_ids(
        self, keys: Iterable[int], generation: int, filter: Filter | None = None
    ) -> dict[int, str]:
        """The ids of those passages that are alive in the generation and pass the filter, by key."""
        passing, values = condition_of(filter)
        sql = (
            "SELECT p.key, p.passage_id FROM passages p JOIN documents d ON d.key = p.document "
            f"WHERE p.key IN (SELECT value FROM json_each(:keys)) AND {_LIVE}{passing}"
        )
        return dict(self.fetch(sql, {"keys": json.dumps(list(keys)), "g": generation, **values}))

    def keys(self, ids: Iterable[str], generation: int) -> dict[str, int]:
        """The keys of those of the passages that are alive in the generation, by id."""
        sql = (
            "SELECT p.passage_id, p.key FROM passages p JOIN documents d ON d.key = p.document "
            f"WHERE p.passage_id IN (SELECT value FROM json_each(:ids)) AND {_LIVE}"
        )
        return dict(self.fetch(sql, {"ids": json.dumps(list(ids)), "g": generation}))

    def passing_keys(self, filter: Filter, generation: int) -> NDArray[np.int64]:
        """The keys of all passages that are alive in the generation and pass the filter, ascending."""
        passing, values = condition_of(filter)
        # CROSS JOIN: documents first, so that what the filter asks of them is asked once each.
        sql = (
            "SELECT p.key FROM documents d CROSS JOIN passages p ON p.document = d.key "
            f"WHERE {_LIVE}{passing}"
        )
        rows = self.fetch(sql, {"g": generation, **values})
        return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)))

    def vectors(self, ids: Iterable[str], generation: int, embedder: int) -> dict[str, NDArray[np.float32]]:
        """The embedder's vectors of those of the passages that are alive in the generation, by id."""
        sql = (
            "SELECT p.passage_id, v.vector FROM passages p JOIN documents d ON d.key = p.document "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            f"WHERE p.passage_id IN (SELECT value FROM json_each(:ids)) AND {_LIVE}"
        )
        rows = self.fetch(sql, {"ids": json.dumps(list(ids)), "embedder": embedder, "g": generation})
        return {passage_id: decode_vector(blob) for passage_id, blob in rows}

    def vectors_with_languages(
        self, keys: Iterable[int], generation: int, embedder: int
    ) -> list[tuple[NDArray[np.float32], str]]:
        """The same with the passages' languages, for passages by their keys, in ascending order of these."""
        sql = (
            "SELECT v.vector, p.lang FROM passages p JOIN documents d ON d.key = p.document "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            f"WHERE p.key IN (SELECT value FROM json_each(:keys)) AND {_LIVE} ORDER BY p.key"
        )
        rows = self.fetch(sql, {"keys": json.dumps(list(keys)), "embedder": embedder, "g": generation})
        return [(decode_vector(blob), language) for blob, language in rows]

    def passages(self, ids: Sequence[str], generation: int, as_given: bool = False) -> list[Document]:
        """The passages of these ids that are alive in the generation, in the order of ids.

        ``as_given``: with the metadata that a program gave, where one did, instead of the contract's.
        """
        sql = f"{_PASSAGE} WHERE p.passage_id IN (SELECT value FROM json_each(:ids)) AND {_LIVE}"
        rows = self.fetch(sql, {"ids": json.dumps(list(ids)), "g": generation})
        found = {row[0]: row for row in rows}
        return [_to_passage(found[passage_id], as_given) for passage_id in ids if passage_id in found]

    def neighbours(self, passage_id: str, before: int, after: int, generation: int) -> list[Document]:
        """The passage and those around it in its document, in order of position."""
        here = self.fetch(
            "SELECT p.document, p.ordinal FROM passages p JOIN documents d ON d.key = p.document "
            f"WHERE p.passage_id = :id AND {_LIVE}",
            {"id": passage_id, "g": generation},
        )
        if not here:
            return []
        document, ordinal = here[0]
        sql = f"{_PASSAGE} WHERE p.document = ? AND p.ordinal BETWEEN ? AND ? ORDER BY p.ordinal"
        return [_to_passage(row) for row in self.fetch(sql, (document, ordinal - before, ordinal + after))]

    def document_passages(self, source: str, generation: int) -> list[Document]:
        """All passages of the documents of that source, in order of position."""
        sql = f"{_PASSAGE} WHERE d.source = :source AND {_LIVE} ORDER BY d.key, p.ordinal"
        return [_to_passage(row) for row in self.fetch(sql, {"source": source, "g": generation})]

    def documents(self, generation: int, root: int | None = None) -> list[StoredDocument]:
        """The documents alive in the generation, of one root or of all, by root and source."""
        where = _LIVE if root is None else f"{_LIVE} AND d.root = :root"
        sql = f"{_DOCUMENT} WHERE {where} ORDER BY d.root, d.source"
        return [_to_document(row) for row in self.fetch(sql, {"g": generation, "root": root})]

    def text(self, source: str, root: str | None, generation: int) -> str:
        """A document's stored text.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        sql = (
            "SELECT t.text, r.path, d.problem FROM documents d JOIN roots r ON r.id = d.root "
            "JOIN texts t ON t.document = d.key "
            f"WHERE d.source = :source AND (:root IS NULL OR r.path = :root) AND {_LIVE}"
        )
        found = self.fetch(sql, {"source": source, "root": root, "g": generation})
        if len(found) == 1:
            text, _, problem = found[0]
            if problem is not None and not text:
                raise KnowledgeBaseError(
                    f"{source} has no text: it couldn't be read when it was ingested ({problem})"
                )
            return str(text)
        if found:
            roots = ", ".join(row[1] for row in found)
            raise KnowledgeBaseError(
                f"several roots have a document {source}: say which with --root ({roots})"
            )
        sources = [each.source for each in self.documents(generation)]
        close = difflib.get_close_matches(source, sources, n=1)
        hint = f"did you mean {close[0]}?" if close else "`python -m rag documents` lists what there is"
        raise KnowledgeBaseError(f"the knowledge base {self.folder} has no document {source}; {hint}")

    def passage_count(self, generation: int, root: int | None = None) -> int:
        """How many passages are alive in the generation, of one root or of all."""
        where = _LIVE if root is None else f"{_LIVE} AND d.root = :root"
        sql = f"SELECT coalesce(sum(d.passages), 0) FROM documents d WHERE {where}"
        return int(self.fetch(sql, {"g": generation, "root": root})[0][0])

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


def _to_passage(row: Sequence[Any], as_given: bool = False) -> Document:
    passage_id, text, stored, doc_id, source, page, heading, start, end, context, kind, lang, modified = row
    given = decode_metadata(stored) if stored is not None else {}
    if stored is not None and as_given:
        return Document(id=passage_id, page_content=text, metadata=given)
    metadata = PassageMetadata(
        doc_id=doc_id,
        source=str(given.get("source") or source),
        page=page,
        heading=tuple(json.loads(heading)),
        start=start,
        end=end,
        context=context,
        kind=kind,
        lang=lang,
        modified=modified,
    )
    return Document(id=passage_id, page_content=text, metadata={**given, **metadata})


def _to_document(row: Sequence[Any]) -> StoredDocument:
    values: list[Any] = [*row[:-1], json.loads(row[-1])]
    return StoredDocument(*values)
