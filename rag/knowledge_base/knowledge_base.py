"""The knowledge base: a folder that holds documents, their passages, and indexes to find these by."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError, KnowledgeBaseNotFound
from rag.filter import Filter
from rag.knowledge_base.catalogue.connections import Connections
from rag.knowledge_base.catalogue.embedder_check import check_embedder
from rag.knowledge_base.catalogue.questions import CuratedQuestions, QuestionHit
from rag.knowledge_base.catalogue.records import StoredDocument, VerifyReport
from rag.knowledge_base.catalogue.schema import (
    CATALOGUE,
    check_version,
    create_tables,
    is_empty,
    reporting_trouble,
)
from rag.knowledge_base.damage import move_unreadable_aside
from rag.knowledge_base.derived import indexes_of
from rag.knowledge_base.scoring import Scoring
from rag.knowledge_base.snapshot import Snapshot
from rag.knowledge_base.snapshots import Snapshots
from rag.knowledge_base.verify import verify_catalogue
from rag.knowledge_base.writer import Writer
from rag.knowledge_base.writer_lock import writing
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer, analyzer_for
from rag.text.glossary import Glossary


class KnowledgeBase(Scoring):
    """Ask it from any number of threads and processes; write to it from one at a time.

    Use ``open`` or ``create``, and close it (or use it as a context manager). Every question is answered from
    one published generation, and the next question sees a newer one by itself.
    """

    def __init__(
        self,
        path: Path,
        *,
        expected: EmbedderFingerprint | None = None,
        writing: EmbedderFingerprint | None = None,
    ) -> None:
        """For ``open`` and ``create``, which see that there is a catalogue at the path."""
        self.path = path
        self._writing = writing
        self._connections = Connections(path)
        self._snapshots = Snapshots(path, self._connections, expected)

    @classmethod
    def open(cls, path: Path, *, fingerprint: EmbedderFingerprint | None = None) -> Self:
        """Open an existing knowledge base, to search it with ``fingerprint``'s embedder if that is given.

        Raises:
            KnowledgeBaseNotFound: there is none at the path.
            KnowledgeBaseMismatch: another embedder, or another version of the program, made it.
            KnowledgeBaseCorrupt: its catalogue can't be read.
        """
        missing = f"there is no knowledge base at {path}; make one with `python -m ingest DIR --kb {path}`"
        if not (path / CATALOGUE).is_file():
            raise KnowledgeBaseNotFound(missing)
        knowledge_base = cls(path, expected=fingerprint)
        with knowledge_base._closing_on_error(), knowledge_base._connections.borrow() as catalogue:
            with reporting_trouble(path):
                if is_empty(catalogue.connection):
                    raise KnowledgeBaseNotFound(missing)
            check_version(catalogue.connection, path)
            check_embedder(catalogue, catalogue.state().embedder, fingerprint)
        return knowledge_base

    @classmethod
    def create(cls, path: Path, fingerprint: EmbedderFingerprint, *, rebuild: bool = False) -> Self:
        """Open a knowledge base for writing with that embedder, making an empty one if there is none.

        Args:
            path: its folder; made if it is missing.
            fingerprint: the embedder of what will be written.
            rebuild: everything will be made anew (``Writer.clear`` does it): accept another embedder, and
            move a
                catalogue that can't be read aside.

        Raises:
            KnowledgeBaseMismatch, KnowledgeBaseCorrupt: as ``open``, unless ``rebuild``.
            KnowledgeBaseBusy: a damaged catalogue is in use by another process.
            KnowledgeBaseError: the folder can't be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise KnowledgeBaseError(
                f"can't make the folder {path}: {error.strerror}; name another with --kb"
            ) from error
        if rebuild:
            move_unreadable_aside(path)
        knowledge_base = cls(path, writing=fingerprint)
        with knowledge_base._closing_on_error(), knowledge_base._connections.borrow() as catalogue:
            with reporting_trouble(path):
                create_tables(catalogue.connection, fingerprint)
            check_version(catalogue.connection, path)
            if not rebuild:
                check_embedder(catalogue, catalogue.state().writing_embedder, fingerprint)
        return knowledge_base

    def close(self) -> None:
        """Close every connection; the object can't be used any more."""
        self._connections.close()
        self._snapshots.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def generation(self) -> int:
        """The published generation; 0 before the first."""
        with self._connections.borrow() as catalogue:
            return catalogue.state().published

    @property
    def fingerprint(self) -> EmbedderFingerprint:
        """The embedder of the published generation (before the first: of the one being written)."""
        with self._connections.borrow() as catalogue:
            return catalogue.fingerprint(catalogue.state().embedder)

    @property
    def glossary(self) -> Glossary:
        """The glossaries of all roots, merged, as published."""
        with self._connections.borrow() as catalogue:
            return catalogue.glossary(catalogue.state().published)

    @property
    def analyzer(self) -> Analyzer:
        """What turns text into terms with this glossary."""
        return analyzer_for(self.glossary)

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Within it, in this thread or task, every question to this object is about the same generation.

        For whoever asks several questions that belong together, such as a dense and a lexical search and the
        passages of both. Keep it short: the catalogue can't be tidied up while it lasts.
        """
        with self._snapshots.pinned() as snapshot:
            yield snapshot

    def search_dense(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of greatest cosine similarity to the vector, with it, best first.

        With a filter, of those that pass it; fewer than ``k`` only where fewer do.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension than the knowledge base's.
        """
        with self._snapshots.take(dense=True) as snapshot:
            return snapshot.search_dense(vector, k, filter)

    def search_lexical(self, query: str, k: int, filter: Filter | None = None) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of highest BM25 score for the query likewise."""
        with self._snapshots.take(lexical=True) as snapshot:
            return snapshot.search_lexical(query, k, filter)

    def search_questions(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[QuestionHit]:
        """The ``k`` curated entries whose question, in its best phrasing, is nearest to the vector."""
        with self._snapshots.take() as snapshot:
            return snapshot.search_questions(vector, k, filter)

    def questions(self) -> CuratedQuestions:
        """The questions of all curated entries, with their vectors."""
        with self._snapshots.take() as snapshot:
            return snapshot.questions()

    def passages(self, ids: Sequence[str], *, as_given: bool = False) -> list[Document]:
        """The passages of these ids in their order, without those that aren't (or no longer) published.

        With ``as_given``, what a program stored with metadata of its own has that and nothing else.
        """
        with self._snapshots.take() as snapshot:
            return snapshot.passages(ids, as_given=as_given)

    def neighbours(self, passage_id: str, before: int, after: int) -> list[Document]:
        """The passage with up to so many before and after it in its document, in order of position.

        Empty if there is no such passage.
        """
        with self._snapshots.take() as snapshot:
            return snapshot.neighbours(passage_id, before, after)

    def document_passages(self, source: str) -> list[Document]:
        """All passages of a document, in order of position; of each, where several roots have the source."""
        with self._snapshots.take() as snapshot:
            return snapshot.document_passages(source)

    def documents(self) -> list[StoredDocument]:
        """All documents, by root and source; those that couldn't be read too."""
        with self._snapshots.take() as snapshot:
            return snapshot.documents()

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text, which passages' spans point into.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        with self._snapshots.take() as snapshot:
            return snapshot.text(source, root)

    def passage_count(self) -> int:
        """How many passages there are."""
        with self._snapshots.take() as snapshot:
            return snapshot.passage_count()

    def roots(self) -> list[str]:
        """The folders that were ingested into it."""
        with self._connections.borrow() as catalogue:
            return catalogue.roots()

    @contextmanager
    def writer(self, timeout: float = 0) -> Iterator[Writer]:
        """The right to write, for one process and thread at a time.

        Args:
            timeout: seconds to wait for another writer to finish.

        Raises:
            KnowledgeBaseBusy: another one is still writing.
            KnowledgeBaseError: the folder can't be written to.
        """
        with self._locked(timeout), self._connections.borrow() as catalogue:
            yield Writer(catalogue, self._writing)

    def rebuild_derived(self) -> None:
        """Make the dense and the lexical index anew from the catalogue.

        Raises:
            KnowledgeBaseBusy: another process is writing.
        """
        with self._locked(0), self._connections.borrow() as catalogue:
            state = catalogue.state()
            for index in indexes_of(self.path):
                index.rebuild(catalogue, state)
        self._snapshots.forget()

    def verify(self, progress: Callable[[int, int], None] | None = None) -> VerifyReport:
        """Prove that catalogue, vectors and both indexes agree; changes nothing.

        Args:
            progress: told how many passages were looked at, of how many.

        Raises:
            KnowledgeBaseBusy: another process is writing, so nothing can be said about the indexes.
        """
        with self._locked(0, needed=os.access(self.path, os.W_OK)), self._connections.borrow() as catalogue:
            return verify_catalogue(catalogue, progress)

    @contextmanager
    def _locked(self, timeout: float, needed: bool = True) -> Iterator[None]:
        """Hold the writer's lock, unless that isn't needed because nobody could write."""
        if not needed:
            yield
            return
        with writing(self.path, timeout):
            yield

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise
