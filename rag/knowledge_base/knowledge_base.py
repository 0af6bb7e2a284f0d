"""The knowledge base: a folder that holds documents, their passages, and indexes to find these by."""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from rag.errors import KnowledgeBaseCorrupt, KnowledgeBaseError, KnowledgeBaseMismatch, KnowledgeBaseNotFound
from rag.filter import EVERYTHING, Roots
from rag.knowledge_base.catalogue.catalogue import Connections, check_embedder
from rag.knowledge_base.catalogue.records import VerifyReport
from rag.knowledge_base.catalogue.schema import (
    CATALOGUE,
    check_version,
    connect,
    create_tables,
    is_empty,
    reporting_trouble,
)
from rag.knowledge_base.verify import verify_catalogue
from rag.knowledge_base.view import Source, View
from rag.knowledge_base.writer import Writer
from rag.knowledge_base.writer_lock import writing
from rag.models.fingerprint import EmbedderFingerprint

logger = logging.getLogger(__name__)

_VIEWS_KEPT = 32  # with what they worked out for the published generation


class KnowledgeBase:
    """Opens, writes, verifies, and gives views, through which it is read.

    Use ``open`` or ``create``, and close it (or use it as a context manager). Any number of threads and
    processes may read it, one at a time may write to it. Every snapshot of a view is of one published
    generation, and the next snapshot is of a newer one by itself.
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
        self._source = Source(path, self._connections, expected)
        self._views: dict[Roots, View] = {}
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path, *, fingerprint: EmbedderFingerprint | None = None) -> Self:
        """Open an existing knowledge base, to search it with ``fingerprint``'s embedder where that is given.

        Raises:
            KnowledgeBaseNotFound: there is none at the path.
            KnowledgeBaseMismatch: another embedder, or another version of the program, made it.
            KnowledgeBaseCorrupt: its catalogue can't be read.
        """
        missing = f"there is no knowledge base at {path}; make one with `python -m ingest DIR --kb {path}`"
        if not (path / CATALOGUE).is_file():
            raise KnowledgeBaseNotFound(missing)
        knowledge_base = cls(path, expected=fingerprint)
        with knowledge_base._connections.borrow() as catalogue:
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
                move a catalogue that can't be read aside.

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
            _move_unreadable_aside(path)
        knowledge_base = cls(path, writing=fingerprint)
        with knowledge_base._connections.borrow() as catalogue:
            with reporting_trouble(path), catalogue.transaction():
                create_tables(catalogue.connection, fingerprint)
            check_version(catalogue.connection, path)
            if not rebuild:
                check_embedder(catalogue, catalogue.state().writing_embedder, fingerprint)
        return knowledge_base

    def close(self) -> None:
        """Close every connection; the object can't be used any more."""
        self._connections.close()
        self._source.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """What it was given when it was made: only copies of it have the same."""
        with self._connections.borrow() as catalogue:
            return catalogue.state().identity

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

    def view(self, roots: Roots) -> View:
        """What these roots hold, as a source of snapshots: all reading is done through one.

        Args:
            roots: paths of the roots that may be seen, or ``EVERYTHING``. A path that is no root (yet) adds
                nothing, so an empty set sees nothing.

        Raises:
            ValueError: it is another string, one path perhaps, and no set.
        """
        if isinstance(roots, str) and roots != EVERYTHING:
            raise ValueError(f"a view is of a set of roots, or of EVERYTHING, not of the string {roots!r}")
        key: Roots = EVERYTHING if isinstance(roots, str) else frozenset(roots)
        with self._lock:
            view = self._views.pop(key, None) or View(self._source, key)
            self._views[key] = view
            while len(self._views) > _VIEWS_KEPT:
                del self._views[next(iter(self._views))]
            return view

    @contextmanager
    def writer(self, timeout: float = 0) -> Iterator[Writer]:
        """The right to write, for one process and thread at a time.

        Args:
            timeout: seconds to wait for another writer to finish.

        Raises:
            KnowledgeBaseBusy: another one is still writing.
            KnowledgeBaseError: the folder can't be written to.
        """
        with writing(self.path, timeout), self._connections.borrow() as catalogue:
            yield Writer(catalogue, self._writing)

    def verify(self) -> VerifyReport:
        """Prove that catalogue, vectors and both indexes agree; changes nothing.

        Raises:
            KnowledgeBaseBusy: another process is writing, so nothing can be said about the indexes.
        """
        nobody_writes = not os.access(self.path, os.W_OK)
        with (
            nullcontext() if nobody_writes else writing(self.path, 0),
            self._connections.borrow() as catalogue,
        ):
            return verify_catalogue(catalogue)


def _move_unreadable_aside(folder: Path) -> None:
    """Rename a catalogue that is damaged or of another version, so that a new one can be made.

    Raises:
        KnowledgeBaseBusy: another process is writing to it.
    """
    file = folder / CATALOGUE
    if not file.exists():
        return
    with writing(folder, 0):
        problem = _find_damage(folder)
        if problem is None:
            return
        stamp = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            part = folder / f"{CATALOGUE}{suffix}"
            if part.exists():
                part.rename(folder / f"{CATALOGUE}.damaged-{stamp}{suffix}")
        logger.warning("kept the old catalogue as %s.damaged-%s: %s", CATALOGUE, stamp, problem)


def _find_damage(folder: Path) -> str | None:
    try:
        connection = connect(folder)
    except KnowledgeBaseCorrupt as error:
        return str(error)
    try:
        with reporting_trouble(folder):
            if is_empty(connection):
                return None
            check_version(connection, folder)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return None if found == "ok" else str(found)
    except (KnowledgeBaseCorrupt, KnowledgeBaseMismatch, sqlite3.Error) as error:
        return str(error)
    finally:
        connection.close()
