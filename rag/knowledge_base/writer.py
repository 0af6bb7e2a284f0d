"""Writing: each document in one transaction, into the generation after the published one."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.knowledge_base.catalogue import NEWEST, Catalogue, encode_vector
from rag.knowledge_base.metadata import encode_metadata
from rag.knowledge_base.publication import publish
from rag.knowledge_base.records import EmbedderFingerprint, NewDocument, NewPassage, StoredDocument
from rag.knowledge_base.schema import insert_embedder, reporting_trouble

Vector = NDArray[np.float32]
_LENGTH_TOLERANCE = 1e-2


class Writer:
    """Writes what readers will see after ``publish``; got from ``KnowledgeBase.writer``.

    Nothing it does is visible to readers before, and everything it has done is there after a crash: the next
    writer goes on from it.
    """

    def __init__(self, catalogue: Catalogue, rebuild_for: EmbedderFingerprint | None = None) -> None:
        self._catalogue = catalogue
        self._rebuild_for = rebuild_for

    @property
    def fingerprint(self) -> EmbedderFingerprint:
        """The embedder whose vectors are being written."""
        return self._catalogue.fingerprint(self._catalogue.state().writing_embedder)

    def root(self, folder: Path | str) -> int:
        """The id of a root, added if it is new. A path is made absolute; a string is taken as a name."""
        path = str(folder.expanduser().resolve()) if isinstance(folder, Path) else folder
        with self._transaction():
            self._catalogue.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", (path,))
            return int(self._catalogue.fetch("SELECT id FROM roots WHERE path = ?", (path,))[0][0])

    def documents(self, root_id: int) -> dict[str, StoredDocument]:
        """The root's documents as last written, published or not, by source."""
        return {each.source: each for each in self._catalogue.documents(NEWEST, root_id)}

    def set_glossary(self, root_id: int, text: str) -> None:
        """Give the root a glossary (empty: none). A changed one has all text segmented anew at publication."""
        with self._transaction() as generation:
            sql = "SELECT text FROM glossaries WHERE root = ? AND died IS NULL"
            current = self._catalogue.fetch(sql, (root_id,))
            if (current[0][0] if current else "") == text:
                return
            sql = "UPDATE glossaries SET died = ? WHERE root = ? AND died IS NULL"
            self._catalogue.execute(sql, (generation, root_id))
            if text:
                sql = "INSERT INTO glossaries (root, text, born) VALUES (?, ?, ?)"
                self._catalogue.execute(sql, (root_id, text, generation))

    def missing_vectors(self, passages: Sequence[NewPassage]) -> list[NewPassage]:
        """Those passages whose vector isn't known yet, one for each digest, in order."""
        first = {passage.digest: passage for passage in passages}
        known = self._known_digests(list(first))
        return [passage for digest, passage in first.items() if digest not in known]

    def put(
        self,
        root_id: int,
        document: NewDocument,
        passages: Sequence[NewPassage] = (),
        vectors: Mapping[str, Vector] | None = None,
    ) -> None:
        """Store a document with its passages in one transaction, in place of the older version of its source.

        Args:
            root_id: from ``root``.
            document: the document and its whole text.
            passages: in order of position, each an exact slice of the text.
            vectors: unit vectors by ``NewPassage.digest``, at least those of ``missing_vectors``.

        Raises:
            ValueError: a passage isn't a slice of the text, or a vector is missing, of another dimension, not
                finite or not of unit length. Nothing is stored then.
        """
        _check_slices(document, passages)
        encoded = self._encode_vectors(document, passages, vectors or {})
        with self._transaction() as generation:
            self._retire(root_id, document.source, generation)
            key = self._insert_document(root_id, document, len(passages), generation)
            self._insert_passages(key, document_id(self._root_path(root_id), document.source), document.sha256, passages)
            embedder = self._catalogue.state().writing_embedder
            with reporting_trouble(self._catalogue.folder):
                self._catalogue.connection.executemany(
                    "INSERT OR IGNORE INTO vectors (embedder, digest, vector) VALUES (?, ?, ?)",
                    ((embedder, bytes.fromhex(digest), blob) for digest, blob in encoded.items()),
                )

    def touch(self, root_id: int, source: str, mtime_ns: int, size: int) -> None:
        """Note that an unchanged file has another time or size, so that it needn't be read again."""
        with self._transaction():
            sql = "UPDATE documents SET mtime_ns = ?, size = ? WHERE root = ? AND source = ? AND died IS NULL"
            self._catalogue.execute(sql, (mtime_ns, size, root_id, source))

    def rename(self, root_id: int, old_source: str, new_source: str, mtime_ns: int) -> None:
        """Give a document another source. Its passages get new ids, its vectors stay.

        Raises:
            KnowledgeBaseError: the root has no document ``old_source``.
        """
        with self._transaction() as generation:
            sql = "SELECT key, sha256 FROM documents WHERE root = ? AND source = ? AND died IS NULL"
            current = self._catalogue.fetch(sql, (root_id, old_source))
            if not current:
                raise KnowledgeBaseError(f"can't rename {old_source}: there is no such document")
            key, sha256 = current[0]
            self._retire(root_id, old_source, generation)
            self._retire(root_id, new_source, generation)
            doc_id = document_id(self._root_path(root_id), new_source)
            renamed = self._catalogue.execute(
                "INSERT INTO documents (doc_id, born, root, source, sha256, size, mtime_ns, parser, status, problem, "
                "title, lang, modified, pages, characters, passages, report) SELECT ?, ?, root, ?, sha256, size, ?, "
                "parser, status, problem, title, lang, modified, pages, characters, passages, report "
                "FROM documents WHERE key = ?",
                (doc_id, generation, new_source, mtime_ns, key),
            ).lastrowid
            self._catalogue.execute("INSERT INTO texts SELECT ?, text FROM texts WHERE document = ?", (renamed, key))
            sql = (
                'SELECT ordinal, digest, page, heading, start, "end", context, kind, lang, text, metadata '
                "FROM passages WHERE document = ? ORDER BY ordinal"
            )
            rows = self._catalogue.fetch(sql, (key,))
            self._insert_rows(
                (passage_id(doc_id, sha256, row[4], row[5], row[1].hex()), renamed, *row) for row in rows
            )

    def remove(self, root_id: int, source: str) -> None:
        """Remove a document; one that isn't there is none already."""
        with self._transaction() as generation:
            self._retire(root_id, source, generation)

    def clear(self, fingerprint: EmbedderFingerprint | None = None) -> None:
        """Start anew: remove every document and every glossary, and embed all that follows anew.

        Readers keep the published generation until the next one is. ``fingerprint`` is the embedder from now
        on, by default the one given to ``KnowledgeBase.create`` or else the same.
        """
        with self._transaction() as generation:
            for table in ("documents", "glossaries"):
                self._catalogue.execute(f"UPDATE {table} SET died = ? WHERE died IS NULL", (generation,))
            chosen = fingerprint or self._rebuild_for or self.fingerprint
            embedder = insert_embedder(self._catalogue.connection, chosen)
            self._catalogue.execute("UPDATE state SET writing_embedder = ?", (embedder,))

    def publish(self) -> int:
        """Let readers see what was written, and drop what they can't ask for any more.

        Returns:
            The published generation; the old one if nothing was written.
        """
        return publish(self._catalogue)

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """One transaction; gives the generation being written."""
        self._catalogue.execute("BEGIN IMMEDIATE")
        try:
            yield self._catalogue.state().published + 1
            self._catalogue.execute("COMMIT")
        except BaseException:
            if self._catalogue.connection.in_transaction:
                self._catalogue.connection.rollback()
            raise

    def _retire(self, root_id: int, source: str, generation: int) -> None:
        sql = "UPDATE documents SET died = ? WHERE root = ? AND source = ? AND died IS NULL"
        self._catalogue.execute(sql, (generation, root_id, source))

    def _insert_document(self, root_id: int, document: NewDocument, passages: int, generation: int) -> int:
        cursor = self._catalogue.execute(
            "INSERT INTO documents (doc_id, born, root, source, sha256, size, mtime_ns, parser, status, problem, title, "
            "lang, modified, pages, characters, passages, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document_id(self._root_path(root_id), document.source),
                generation,
                root_id,
                document.source,
                document.sha256,
                document.size,
                document.mtime_ns,
                document.parser,
                document.status,
                document.problem,
                document.title,
                document.lang,
                document.modified,
                document.pages,
                len(document.text),
                passages,
                json.dumps(dict(document.report), ensure_ascii=False),
            ),
        )
        assert cursor.lastrowid is not None
        self._catalogue.execute("INSERT INTO texts VALUES (?, ?)", (cursor.lastrowid, document.text))
        return cursor.lastrowid

    def _insert_passages(self, key: int, doc_id: str, sha256: str, passages: Sequence[NewPassage]) -> None:
        self._insert_rows(
            (
                each.passage_id or passage_id(doc_id, sha256, each.start, each.end, each.digest),
                key,
                ordinal,
                bytes.fromhex(each.digest),
                each.page,
                json.dumps(each.heading, ensure_ascii=False),
                each.start,
                each.end,
                each.context,
                each.kind,
                each.lang,
                each.text,
                None if each.metadata is None else encode_metadata(dict(each.metadata)),
            )
            for ordinal, each in enumerate(passages)
        )

    def _insert_rows(self, rows: Iterator[tuple[object, ...]]) -> None:
        with reporting_trouble(self._catalogue.folder):
            self._catalogue.connection.executemany(
                "INSERT INTO passages (passage_id, document, ordinal, digest, page, heading, start, "
                '"end", context, kind, lang, text, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
                rows,
            )

    def _root_path(self, root_id: int) -> str:
        return str(self._catalogue.fetch("SELECT path FROM roots WHERE id = ?", (root_id,))[0][0])

    def _known_digests(self, digests: Sequence[str]) -> set[str]:
        sql = (
            "SELECT lower(hex(v.digest)) FROM json_each(:digests) AS wanted "
            "JOIN vectors v ON v.digest = unhex(wanted.value)"
        )
        raise NotImplementedError(sql)

    def _encode_vectors(
        self, document: NewDocument, passages: Sequence[NewPassage], vectors: Mapping[str, Vector]
    ) -> dict[str, bytes]:
        raise NotImplementedError


def document_id(root: str, source: str) -> str:
    """The id of a document: the same whenever the same path of the same root is ingested."""
    return hashlib.sha256(f"{root}\n{source}".encode()).hexdigest()[:24]


def passage_id(doc_id: str, sha256: str, start: int, end: int, digest: str) -> str:
    """The id of a passage: the same whenever the same file is split in the same way."""
    return hashlib.sha256(f"{doc_id} {sha256} {start} {end} {digest}".encode()).hexdigest()[:32]


def _check_slices(document: NewDocument, passages: Sequence[NewPassage]) -> None:
    for passage in passages:
        if document.text[passage.start : passage.end] != passage.text:
            raise ValueError(
                f"{document.source}: the passage at {passage.start}–{passage.end} isn't that slice of the text"
            )
