"""Writing: each document in one transaction, into the generation after the published one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, check_embedder
from rag.knowledge_base.catalogue.insertion import (
    copy_document,
    entry_flaw,
    insert_document,
    retire_document,
)
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import (
    NewDocument,
    NewPassage,
    SimilarDocument,
    StoredDocument,
    question_digest,
)
from rag.knowledge_base.catalogue.schema import CATALOGUE, insert_embedder, reporting_trouble
from rag.knowledge_base.catalogue.vectors import Vector, encode_checked
from rag.knowledge_base.contents import Contents
from rag.knowledge_base.publication import publish
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.similarity import decode_sketch, similarity

_ALIKE = 0.8  # Jaccard similarity of shingles from which two documents are reported
_COMPARED = 50  # documents at most, those that share most bands

Wanted = TypeVar("Wanted")


class Writer:
    """Writes what readers will see after ``publish``; got from ``KnowledgeBase.writer``.

    Nothing it does is visible to readers before, and everything it has done is there after a crash: the next
    writer goes on from it.
    """

    def __init__(self, catalogue: Catalogue, fingerprint: EmbedderFingerprint | None = None) -> None:
        self._catalogue = catalogue
        self._given_fingerprint = fingerprint

    @property
    def fingerprint(self) -> EmbedderFingerprint:
        """The embedder whose vectors are being written."""
        return self._catalogue.fingerprint(self._catalogue.state().writing_embedder)

    @property
    def rebuilding(self) -> bool:
        """Whether ``clear`` was called and what came after it isn't published: much may be missing yet."""
        state = self._catalogue.state()
        return state.writing_embedder != state.embedder

    def check_embedder(self) -> None:
        """See that vectors of the embedder that was given to ``KnowledgeBase.create`` are being written.

        After an interrupted rebuild that isn't the published generation's embedder: ask before embedding.

        Raises:
            KnowledgeBaseMismatch: another embedder's are.
        """
        embedder = self._catalogue.state().writing_embedder
        check_embedder(self._catalogue, embedder, self._given_fingerprint)

    def root(self, folder: Path | str) -> int:
        """The id of a root, added if it is new. A path is made absolute; a string is taken as a name."""
        path = str(folder.expanduser().resolve()) if isinstance(folder, Path) else folder
        with self._transaction():
            self._catalogue.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", (path,))
            return int(self._catalogue.fetch("SELECT id FROM roots WHERE path = ?", (path,))[0][0])

    def documents(self, root_id: int) -> dict[str, StoredDocument]:
        """The root's documents as last written, published or not, by source."""
        return {each.source: each for each in self._written(root_id).documents()}

    def passage_count(self, root_id: int) -> int:
        """How many passages the root's documents have as last written, published or not."""
        return self._written(root_id).passage_count()

    def set_glossary(self, root_id: int, text: str) -> None:
        """Give the root a glossary (empty: none). A changed one has publication segment all text anew."""
        with self._transaction() as generation:
            sql = "SELECT text FROM glossaries WHERE root = ? AND died IS NULL"
            current = self._catalogue.fetch(sql, (root_id,))
            if text == (current[0][0] if current else ""):
                return
            sql = "UPDATE glossaries SET died = ? WHERE root = ? AND died IS NULL"
            self._catalogue.execute(sql, (generation, root_id))
            if text:
                sql = "INSERT INTO glossaries (root, text, born) VALUES (?, ?, ?)"
                self._catalogue.execute(sql, (root_id, text, generation))

    def missing_vectors(self, passages: Sequence[NewPassage]) -> list[NewPassage]:
        """Those passages whose vector isn't known yet, one for each digest, in order."""
        first: dict[str, NewPassage] = {}
        for passage in passages:
            first.setdefault(passage.digest, passage)
        return list(self._unknown(first).values())

    def missing_questions(self, passages: Sequence[NewPassage]) -> dict[str, str]:
        """Those of the passages' curated questions whose vector isn't known yet, by ``question_digest``."""
        return self._unknown(
            {question_digest(each): each for passage in passages for each in passage.questions}
        )

    def adopt_vectors(self, other: Path) -> None:
        """Take over what another knowledge base, by its folder, has embedded with the same embedder.

        What no passage comes to need is dropped when its text would be.

        Raises:
            KnowledgeBaseCorrupt: the other one can't be read.
        """
        embedder = self._catalogue.state().writing_embedder
        same = " AND ".join(f"theirs.{each.name} = ours.{each.name}" for each in fields(EmbedderFingerprint))
        with reporting_trouble(other):
            self._catalogue.connection.execute("ATTACH DATABASE ? AS other", (str(other / CATALOGUE),))
            try:
                self._catalogue.connection.execute(
                    "INSERT OR IGNORE INTO main.vectors (embedder, digest, vector) "
                    "SELECT ours.id, v.digest, v.vector FROM other.vectors v "
                    "JOIN other.embedders theirs ON theirs.id = v.embedder "
                    f"JOIN main.embedders ours ON {same} WHERE ours.id = ?",
                    (embedder,),
                )
            finally:
                self._catalogue.connection.execute("DETACH DATABASE other")

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
            vectors: unit vectors by digest, at least those of ``missing_vectors`` and
                ``missing_questions``.

        Raises:
            ValueError: a passage isn't a slice of the text, or an entry's question or answer no part of its
                passage, or a vector is missing, of another dimension, not finite or not of unit length.
                Nothing is stored then.
        """
        for passage in passages:
            place = f"{passage.start}–{passage.end}"
            if document.text[passage.start : passage.end] != passage.text:
                raise ValueError(f"{document.source}: the passage at {place} isn't that slice of the text")
            if passage.entry is not None and (flaw := entry_flaw(passage, passage.entry)):
                raise ValueError(f"{document.source}: the entry at {place} {flaw}")
        with self._transaction() as generation:
            embedder = self._catalogue.state().writing_embedder
            dimension = self._catalogue.fingerprint(embedder).dimension
            missing = self.missing_vectors(passages)
            names = {each.digest: f"the passage at {each.start}–{each.end}" for each in missing}
            questions = self.missing_questions(passages)
            names |= {digest: f"the question {question!r}" for digest, question in questions.items()}
            try:
                encoded = encode_checked(names, vectors or {}, dimension)
            except ValueError as error:
                raise ValueError(f"{document.source}: {error}") from error
            retire_document(self._catalogue, root_id, document.source, generation)
            insert_document(self._catalogue, root_id, document, passages, generation)
            self._catalogue.execute_many(
                "INSERT INTO vectors (embedder, digest, vector) VALUES (?, ?, ?)",
                ((embedder, bytes.fromhex(digest), blob) for digest, blob in encoded.items()),
            )

    def touch(self, root_id: int, source: str, mtime_ns: int, size: int) -> None:
        """Note that an unchanged file has another time or size, so that it needn't be read again."""
        with self._transaction():
            sql = "UPDATE documents SET mtime_ns = ?, size = ? WHERE root = ? AND source = ? AND died IS NULL"
            self._catalogue.execute(sql, (mtime_ns, size, root_id, source))

    def rename(self, root_id: int, old_source: str, new_source: str, mtime_ns: int) -> None:
        """Give a document another source. Its passages get new ids; nothing is embedded.

        Raises:
            KnowledgeBaseError: the root has no document ``old_source``.
        """
        with self._transaction() as generation:
            copy_document(self._catalogue, root_id, old_source, new_source, mtime_ns, generation)

    def remove(self, root_id: int, source: str) -> None:
        """Remove a document; one that isn't there is none already."""
        with self._transaction() as generation:
            retire_document(self._catalogue, root_id, source, generation)

    def clear(self) -> None:
        """Start anew: remove every document and every glossary, and have all that follows embedded anew.

        Readers keep the published generation until the next one is. The embedder from now on is the one given
        to ``KnowledgeBase.create`` or else the one there was.
        """
        with self._transaction() as generation:
            for table in ("documents", "glossaries"):
                self._catalogue.execute(f"UPDATE {table} SET died = ? WHERE died IS NULL", (generation,))
            chosen = self._given_fingerprint or self.fingerprint
            embedder = insert_embedder(self._catalogue.connection, chosen)
            self._catalogue.execute("UPDATE state SET writing_embedder = ?", (embedder,))

    def discard(self) -> None:
        """Take back all that was written since the published generation. ``publish`` then clears it away."""
        with self._transaction() as generation:
            for table in ("documents", "glossaries"):
                sql = f"UPDATE {table} SET died = ? WHERE born = ? AND died IS NULL"
                self._catalogue.execute(sql, (generation, generation))
                sql = f"UPDATE {table} SET died = NULL WHERE died = ? AND born < ?"
                self._catalogue.execute(sql, (generation, generation))
            self._catalogue.execute("UPDATE state SET writing_embedder = embedder")

    def similar_documents(self, root_id: int, source: str) -> list[SimilarDocument]:
        """Other documents as last written that are much like this one, most similar first, at most three."""
        sql = (
            "SELECT d.key, s.sketch FROM documents d JOIN sketches s ON s.document = d.key "
            "WHERE d.root = ? AND d.source = ? AND d.died IS NULL"
        )
        own = self._catalogue.fetch(sql, (root_id, source))
        if not own:
            return []
        key, sketch = own[0][0], decode_sketch(own[0][1])
        candidates = self._catalogue.fetch(
            "SELECT r.path, d.source, s.sketch FROM bands mine JOIN bands theirs ON theirs.band = mine.band "
            "JOIN documents d ON d.key = theirs.document JOIN sketches s ON s.document = d.key "
            "JOIN roots r ON r.id = d.root "
            "WHERE mine.document = :key AND d.key <> :key AND d.died IS NULL "
            "GROUP BY d.key ORDER BY count(*) DESC, d.key LIMIT :most",
            {"key": key, "most": _COMPARED},
        )
        found = [
            SimilarDocument(path, other, round(similarity(sketch, decode_sketch(blob)), 3))
            for path, other, blob in candidates
        ]
        alike = [each for each in found if each.similarity >= _ALIKE]
        return sorted(alike, key=lambda each: (-each.similarity, each.root, each.source))[:3]

    def repeated_passages(self, root_id: int, source: str) -> int:
        """How many of the document's passages have the same words as another, older passage."""
        sql = (
            "SELECT count(*) FROM documents d JOIN passages p ON p.document = d.key "
            "WHERE d.root = ? AND d.source = ? AND d.died IS NULL AND EXISTS ("
            "SELECT 1 FROM passages o JOIN documents e ON e.key = o.document "
            "WHERE o.text_key = p.text_key AND o.key < p.key AND e.died IS NULL)"
        )
        return int(self._catalogue.fetch(sql, (root_id, source))[0][0])

    def publish(self) -> int:
        """Let readers see what was written, and drop what they can't ask for any more.

        Returns:
            The published generation; the old one if nothing was written.
        """
        return publish(self._catalogue)

    def _unknown(self, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """Those of which the embedder being written has no vector, by digest."""
        embedder = self._catalogue.state().writing_embedder
        sql = "SELECT 1 FROM vectors WHERE embedder = ? AND digest = ?"
        return {
            digest: each
            for digest, each in wanted.items()
            if not self._catalogue.fetch(sql, (embedder, bytes.fromhex(digest)))
        }

    def _written(self, root_id: int) -> Contents:
        """What was last written of one root."""
        roots = {row[0] for row in self._catalogue.fetch("SELECT path FROM roots WHERE id = ?", (root_id,))}
        embedder = self._catalogue.state().writing_embedder
        fingerprint = self._catalogue.fingerprint(embedder)
        return Contents(Reader(self._catalogue, NEWEST, embedder, fingerprint, roots))

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """One transaction; gives the generation being written."""
        with self._catalogue.transaction():
            yield self._catalogue.state().published + 1
