"""Reading the catalogue as it stands for one generation, and only what may be seen of it.

There is one place that says what may be seen: ``_SEEN``. Every query of a reader runs behind it, and in such
a query the names of tables stand for their visible rows, those of living documents of the view's roots. A
query can't forget that, for it has no other name for a table; one that says ``main.documents`` is refused.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING, Filter, Roots
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.filter_sql import condition_of
from rag.knowledge_base.catalogue.metadata import decode_metadata
from rag.knowledge_base.catalogue.records import StoredDocument
from rag.knowledge_base.catalogue.schema import reporting_trouble
from rag.knowledge_base.catalogue.vectors import Vector, decode_vector
from rag.models.fingerprint import EmbedderFingerprint
from rag.passage import PassageMetadata
from rag.text.glossary import Glossary

_SEEN = """
WITH roots AS NOT MATERIALIZED (SELECT * FROM main.roots WHERE {in_view}),
documents AS NOT MATERIALIZED (
    SELECT * FROM main.documents WHERE born <= :g AND (died IS NULL OR died > :g) AND {by_root}),
glossaries AS NOT MATERIALIZED (
    SELECT * FROM main.glossaries WHERE born <= :g AND (died IS NULL OR died > :g) AND {by_root}),
texts AS NOT MATERIALIZED (
    SELECT * FROM main.texts t WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = t.document)),
sketches AS NOT MATERIALIZED (
    SELECT * FROM main.sketches s WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = s.document)),
bands AS NOT MATERIALIZED (
    SELECT * FROM main.bands b WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = b.document)),
passages AS NOT MATERIALIZED (
    SELECT * FROM main.passages p WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = p.document)),
entries AS NOT MATERIALIZED (
    SELECT * FROM main.entries e WHERE EXISTS (SELECT 1 FROM passages p WHERE p.key = e.passage)),
questions AS NOT MATERIALIZED (
    SELECT * FROM main.questions q WHERE EXISTS (SELECT 1 FROM passages p WHERE p.key = q.passage)),
vectors AS NOT MATERIALIZED (
    SELECT * FROM main.vectors v WHERE EXISTS (SELECT 1 FROM passages p WHERE p.digest = v.digest)
    OR EXISTS (SELECT 1 FROM questions q WHERE q.digest = v.digest))
"""  # without a hint SQLite would make a table of whatever a query names twice
_PASSAGE = (
    'SELECT p.passage_id, p.text, p.metadata, d.doc_id, d.source, p.page, p.heading, p.start, p."end", '
    "p.context, p.kind, p.lang, d.modified FROM passages p JOIN documents d ON d.key = p.document"
)


@lru_cache(maxsize=256)  # whole, for SQLite to know again what it has prepared
def _guarded(sql: str, all_roots: bool) -> str:
    """The query behind the guard.

    Raises:
        ValueError: it goes around that.
    """
    if re.search(r"\bmain\b", sql, re.IGNORECASE):
        raise ValueError(f"a reader's query can't name tables as they are: {sql}")
    if all_roots:
        return _SEEN.format(in_view="TRUE", by_root="TRUE") + sql
    in_view = "path IN (SELECT value FROM json_each(:roots))"
    return _SEEN.format(in_view=in_view, by_root="root IN (SELECT id FROM roots)") + sql


class Reader:
    """What may be seen of one generation. Threads may share one, within its catalogue's transaction."""

    def __init__(
        self,
        catalogue: Catalogue,
        generation: int,
        embedder: int,
        fingerprint: EmbedderFingerprint,
        roots: Roots,
    ) -> None:
        """
        Args:
            catalogue: a connection; the generation must stay readable while the reader is used.
            generation: the one that is read.
            embedder: whose vectors are.
            fingerprint: that embedder.
            roots: what may be seen. A path that is no root of the knowledge base adds nothing.
        """
        self.generation = generation
        self.fingerprint = fingerprint
        self.sees_all = roots == EVERYTHING
        self._catalogue = catalogue
        self._lock = Lock()
        self._values: dict[str, Any] = {"g": generation, "embedder": embedder}
        if not self.sees_all:
            self._values["roots"] = json.dumps(sorted(roots))

    @property
    def folder(self) -> Path:
        """The knowledge base's, for messages."""
        return self._catalogue.folder

    def fetch(self, sql: str, values: dict[str, Any] | None = None) -> list[Any]:
        """All rows of a query in which every table has only the rows that may be seen.

        ``:g`` is the generation, ``:embedder`` the embedder; other values are ``values``.

        Raises:
            ValueError: the query goes around that.
        """
        with self._lock:
            return self._catalogue.fetch(_guarded(sql, self.sees_all), {**(values or {}), **self._values})

    def batches(
        self, sql: str, values: dict[str, Any] | None = None, rows: int = 1 << 20
    ) -> Iterator[list[Any]]:
        """The same, at most so many rows at a time."""
        with self._lock:
            cursor = self._catalogue.execute(_guarded(sql, self.sees_all), {**(values or {}), **self._values})
        while True:
            with self._lock, reporting_trouble(self.folder):
                batch = cursor.fetchmany(rows)
            if not batch:
                return
            yield batch

    def roots(self) -> list[str]:
        """The folders that were ingested."""
        return [row[0] for row in self.fetch("SELECT path FROM roots ORDER BY id")]

    def glossary(self) -> Glossary:
        """The roots' glossaries, merged."""
        rows = self.fetch("SELECT text FROM glossaries ORDER BY root")
        return Glossary.merge(Glossary.parse(row[0]) for row in rows)

    def living(self, keys: list[int], filter: Filter | None) -> dict[int, str]:
        """The ids of those of the passages that pass the filter, by key."""
        sql = "SELECT p.key, p.passage_id FROM json_each(:keys) k CROSS JOIN passages p ON p.key = k.value"
        passing, values = condition_of(filter)
        if passing:
            sql += f" JOIN documents d ON d.key = p.document WHERE TRUE{passing}"
        return dict(self.fetch(sql, {"keys": json.dumps(keys), **values}))

    def keys(self, ids: Iterable[str]) -> dict[str, int]:
        """The keys of those of the passages that there are, by id."""
        sql = "SELECT passage_id, key FROM passages WHERE passage_id IN (SELECT value FROM json_each(:ids))"
        return dict(self.fetch(sql, {"ids": json.dumps(list(ids))}))

    def passing_keys(self, filter: Filter) -> NDArray[np.int64]:
        """The keys of all passages that pass the filter, ascending."""
        passing, values = condition_of(filter)
        # CROSS JOIN: documents first, so that what the filter asks of them is asked once each.
        sql = f"SELECT p.key FROM documents d CROSS JOIN passages p ON p.document = d.key WHERE TRUE{passing}"
        rows = self.fetch(sql, values)
        return np.sort(np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows)))

    def vectors(self, ids: Iterable[str]) -> dict[str, Vector]:
        """The vectors of those of the passages that there are, by id."""
        sql = (
            "SELECT p.passage_id, v.vector FROM passages p "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            "WHERE p.passage_id IN (SELECT value FROM json_each(:ids))"
        )
        rows = self.fetch(sql, {"ids": json.dumps(list(ids))})
        return {passage_id: decode_vector(blob) for passage_id, blob in rows}

    def vectors_with_languages(self, keys: Iterable[int]) -> list[tuple[Vector, str]]:
        """Vectors and languages of those of the passages that there are, in ascending order of keys."""
        sql = (
            "SELECT v.vector, p.lang FROM passages p "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            "WHERE p.key IN (SELECT value FROM json_each(:keys)) ORDER BY p.key"
        )
        rows = self.fetch(sql, {"keys": json.dumps(list(keys))})
        return [(decode_vector(blob), language) for blob, language in rows]

    def passages(self, ids: Sequence[str], as_given: bool = False) -> list[Document]:
        """Those of the passages that there are, in the order of ids.

        ``as_given``: with the metadata that a program gave, where one did, instead of the contract's.
        """
        sql = f"{_PASSAGE} WHERE p.passage_id IN (SELECT value FROM json_each(:ids))"
        found = {row[0]: row for row in self.fetch(sql, {"ids": json.dumps(list(ids))})}
        return [_to_passage(found[passage_id], as_given) for passage_id in ids if passage_id in found]

    def neighbours(self, passage_id: str, before: int, after: int) -> list[Document]:
        """The passage and those around it in its document, in order of position."""
        here = self.fetch("SELECT document, ordinal FROM passages WHERE passage_id = :id", {"id": passage_id})
        if not here:
            return []
        document, ordinal = here[0]
        sql = f"{_PASSAGE} WHERE d.key = :document AND p.ordinal BETWEEN :first AND :last ORDER BY p.ordinal"
        place = {"document": document, "first": ordinal - before, "last": ordinal + after}
        return [_to_passage(row) for row in self.fetch(sql, place)]

    def document_passages(self, source: str) -> list[Document]:
        """All passages of the documents of that source, in order of position."""
        sql = f"{_PASSAGE} WHERE d.source = :source ORDER BY d.key, p.ordinal"
        return [_to_passage(row) for row in self.fetch(sql, {"source": source})]

    def documents(self) -> list[StoredDocument]:
        """The documents, by root and source."""
        rows = self.fetch(
            "SELECT d.doc_id, r.path, d.source, d.sha256, d.size, d.mtime_ns, d.parser, d.status, d.problem, "
            "d.title, d.lang, d.modified, d.pages, d.characters, d.passages, d.report "
            "FROM documents d JOIN roots r ON r.id = d.root ORDER BY d.root, d.source"
        )
        return [_to_document(row) for row in rows]

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        found = self.fetch(
            "SELECT t.text, r.path, d.problem FROM documents d JOIN roots r ON r.id = d.root "
            "JOIN texts t ON t.document = d.key "
            "WHERE d.source = :source AND (:root IS NULL OR r.path = :root)",
            {"source": source, "root": root},
        )
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
        close = difflib.get_close_matches(source, [each.source for each in self.documents()], n=1)
        hint = f"did you mean {close[0]}?" if close else "`python -m rag documents` lists what there is"
        raise KnowledgeBaseError(f"the knowledge base {self.folder} has no document {source}; {hint}")

    def passage_count(self) -> int:
        """How many passages there are."""
        return int(self.fetch("SELECT coalesce(sum(passages), 0) FROM documents")[0][0])


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
