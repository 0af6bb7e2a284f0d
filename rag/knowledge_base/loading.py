"""An index in memory: loaded once, refreshed when another generation is published."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic

from filelock import FileLock, Timeout

from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.derived import DerivedIndex, Found, Maker
from rag.knowledge_base.index import IndexProblem
from rag.knowledge_base.writer_lock import LOCK

logger = logging.getLogger(__name__)

_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # seconds, for a writer to finish a step


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Found, Maker]):
    """An index as of a generation, and what its entries were made by."""

    generation: int
    searcher: Found
    maker: Maker


class Loader(Generic[Found, Maker]):
    """Keeps the newest state of an index in memory, for all threads of a process.

    ``load`` is called within a read transaction and loads what is stored. That stands for the transaction's
    generation if the same one is still published afterwards (see ``publication``), which ``current`` tells. A
    problem is only believed, and repaired, while nobody is writing.
    """

    def __init__(self, folder: Path, index: DerivedIndex[Found, Maker], current: Callable[[], int]) -> None:
        self._folder = folder
        self._index = index
        self._current = current
        self._loaded: Loaded[Found, Maker] | None = None
        self._lock = Lock()

    def load(self, catalogue: Catalogue, state: State) -> Loaded[Found, Maker] | None:
        """The index for the state, or None if another generation was published meanwhile."""
        with self._lock:
            if self._loaded is None or self._loaded.generation != state.published:
                loaded = self._load(catalogue, state)
                if loaded is None:
                    return None
                self._loaded = loaded
            return self._loaded

    def forget(self) -> None:
        """Load everything anew next time."""
        with self._lock:
            self._loaded = None

    def _load(self, catalogue: Catalogue, state: State) -> Loaded[Found, Maker] | None:
        """Read what is stored; what can't be read while nobody is writing is made anew."""
        problem: Exception | None = None
        obstacle = "another process is writing"
        for pause in _PAUSES:
            try:
                loaded = self._read(catalogue, state)
                return loaded if self._current() == state.published else None
            except IndexProblem as found:
                problem = found
            if state.published == 0:
                return self._in_memory(catalogue, state)  # nothing was ever published, so nothing is missing
            try:
                with FileLock(self._folder / LOCK, timeout=0):
                    return self._repair(catalogue, state)
            except Timeout:
                time.sleep(pause)  # perhaps only because the writer was putting something in its place
            except (OSError, IndexProblem) as found:
                obstacle = str(found)
                break
            if self._current() != state.published:
                return None
        logger.warning("searching an index made in memory: %s; it isn't replaced: %s", problem, obstacle)
        return self._in_memory(catalogue, state)

    def _repair(self, catalogue: Catalogue, state: State) -> Loaded[Found, Maker] | None:
        """Make an index anew that still can't be read now that nobody else can write."""
        if self._current() != state.published:
            return None
        try:
            return self._read(catalogue, state)
        except IndexProblem as problem:
            logger.warning("making the index anew: %s", problem)
        self._index.rebuild(catalogue, state)
        return self._read(catalogue, state)

    def _read(self, catalogue: Catalogue, state: State) -> Loaded[Found, Maker]:
        before = self._loaded.searcher if self._loaded is not None else None
        return Loaded(state.published, *self._index.open(catalogue, state, before))

    def _in_memory(self, catalogue: Catalogue, state: State) -> Loaded[Found, Maker]:
        return Loaded(state.published, *self._index.in_memory(catalogue, state))
