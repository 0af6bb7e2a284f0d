"""Connections to one catalogue, kept open between questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.schema import MomentaryConnection

_KEPT = 8


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
