"""Writing: each document in one transaction, into the generation after the published one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, check_embedder
from rag.knowledge_base.catalogue.entries import entry_flaw
from rag.knowledge_base.catalogue.insertion import (
    copy_document,
    copy_vectors,
    insert_document,
    insert_vectors,
    known_digests,
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
from rag.knowledge_base.catalogue.repetition import repeated_passages, similar_documents
from rag.knowledge_base.catalogue.schema import insert_embedder
from rag.knowledge_base.catalogue.vectors import Vector, encode_checked
from rag.knowledge_base.publication import publish
from rag.models.fingerprint import EmbedderFingerprint


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

    def check_embedder(self, fingerprint: EmbedderFingerprint | None = None) -> None:
        """See that vectors of this embedder, by default of the one given to ``create``, are being written.

        After an interrupted rebuild that isn't the published generation's embedder: ask before embedding.

        Raises:
            KnowledgeBaseMismatch: another embedder's are.
        """
        given = fingerprint or self._given_fingerprint
        check_embedder(self._catalogue, self._catalogue.state().writing_embedder, given)

    def root(self, folder: Path | str) -> int:
        """The id of a root, added if it is new. A path is made absolute; a string is taken as a name."""
        path = str(folder.expanduser().resolve()) if isinstance(folder, Path) else folder
        with self._transaction():
            self._catalogue.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", (path,))
            return int(self._catalogue.fetch("SELECT id FROM roots WHERE path = ?", (path,))[0][0])

    def documents(self, root_id: int) -> dict[str, StoredDocument]:
        """The root's documents as last written, published or not, by source."""
        return {each.source: each for each in self._reader(root_id).documents()}

    def passage_count(self, root_id: int) -> int:
        """How many passages the root's documents have as last written, published or not."""
        return self._reader(root_id).passage_count()

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
        known = known_digests(self._catalogue, self._catalogue.state().writing_embedder, first)
        return [passage for digest, passage in first.items() if digest not in known]

    def missing_questions(self, passages: Sequence[NewPassage]) -> dict[str, str]:
        """Those of the passages' curated questions whose vector isn't known yet, by ``question_digest``."""
        first = {question_digest(each): each for passage in passages for each in passage.questions}
        known = known_digests(self._catalogue, self._catalogue.state().writing_embedder, first)
        return {digest: question for digest, question in first.items() if digest not in known}

    def adopt_vectors(self, other: Path) -> None:
        """Take over what another knowledge base, by its folder, has embedded with the same embedder.

        What no passage comes to need is dropped when its text would be.

        Raises:
            KnowledgeBaseCorrupt: the other one can't be read.
        """
        copy_vectors(self._catalogue, self._catalogue.state().writing_embedder, other)

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
            needed = {each.digest for each in passages}
            needed |= {question_digest(question) for each in passages for question in each.questions}
            known = known_digests(self._catalogue, embedder, needed)
            dimension = self._catalogue.fingerprint(embedder).dimension
            try:
                encoded = encode_checked(passages, vectors or {}, known, dimension)
            except ValueError as error:
                raise ValueError(f"{document.source}: {error}") from error
            retire_document(self._catalogue, root_id, document.source, generation)
            insert_document(self._catalogue, root_id, document, passages, generation)
            insert_vectors(self._catalogue, embedder, encoded)

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

    def clear(self, fingerprint: EmbedderFingerprint | None = None) -> None:
        """Start anew: remove every document and every glossary, and have all that follows embedded anew.

        Readers keep the published generation until the next one is. ``fingerprint`` is the embedder from now
        on, by default the one given to ``KnowledgeBase.create`` or else the one there was.
        """
        with self._transaction() as generation:
            for table in ("documents", "glossaries"):
                self._catalogue.execute(f"UPDATE {table} SET died = ? WHERE died IS NULL", (generation,))
            chosen = fingerprint or self._given_fingerprint or self.fingerprint
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
        return similar_documents(self._catalogue, root_id, source)

    def repeated_passages(self, root_id: int, source: str) -> int:
        """How many of the document's passages have the same words as another, older passage."""
        return repeated_passages(self._catalogue, root_id, source)

    def publish(self) -> int:
        """Let readers see what was written, and drop what they can't ask for any more.

        Returns:
            The published generation; the old one if nothing was written.
        """
        return publish(self._catalogue)

    def _reader(self, root_id: int) -> Reader:
        """What was last written of one root."""
        roots = {row[0] for row in self._catalogue.fetch("SELECT path FROM roots WHERE id = ?", (root_id,))}
        embedder = self._catalogue.state().writing_embedder
        return Reader(self._catalogue, NEWEST, embedder, self._catalogue.fingerprint(embedder), roots)

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """One transaction; gives the generation being written."""
        self._catalogue.execute("BEGIN IMMEDIATE")
        try:
            yield self._catalogue.state().published + 1
            self._catalogue.execute("COMMIT")
        finally:
            if self._catalogue.connection.in_transaction:
                self._catalogue.connection.rollback()
