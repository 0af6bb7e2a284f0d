"""Derived indexes in memory: loaded once, refreshed when another generation is published."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

import tantivy
from filelock import FileLock, Timeout

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, State
from rag.knowledge_base.indexes.faiss_gpu import on_best_device
from rag.knowledge_base.indexes.faiss_segments import Segment, load_segment
from rag.knowledge_base.indexes.faiss_upkeep import build_segments, read_dense_manifest, rebuild_dense
from rag.knowledge_base.indexes.manifest import DerivedIndexProblem
from rag.knowledge_base.indexes.tantivy_terms import (
    LexicalIndex,
    LexicalManifest,
    check_files,
    open_copy,
    open_index,
)
from rag.knowledge_base.indexes.tantivy_upkeep import build_in_memory, read_lexical_manifest, rebuild_lexical
from rag.knowledge_base.publication import DENSE, LEXICAL
from rag.text.analysis import Analyzer, analyzer_for

logger = logging.getLogger(__name__)

LOCK = "writer.lock"
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # seconds, for a writer to finish a step


@dataclass(frozen=True, slots=True)
class LoadedDense:
    """The dense index as of a generation."""

    generation: int
    dimension: int
    named: dict[str, Segment]

    @property
    def segments(self) -> list[Segment]:
        """All segments of the generation's embedder."""
        return list(self.named.values())


@dataclass(frozen=True, slots=True)
class LoadedLexical:
    """The lexical index as of a generation, and the analyzer it was made with."""

    generation: int
    index: LexicalIndex
    analyzer: Analyzer
    handle: tantivy.Index | None = None  # to be reloaded; None if it can't be
    folder: str = ""
    checked: frozenset[str] = frozenset()


Loaded = TypeVar("Loaded", LoadedDense, LoadedLexical)


class Loader:
    """Keeps the newest derived indexes in memory, for all threads of a process.

    ``dense`` and ``lexical`` are called within a read transaction and load what is on disk. That stands for
    the transaction's generation if the same one is still published afterwards (see ``publication``), which
    ``current`` tells. A problem is only believed, and repaired, while nobody is writing.
    """

    def __init__(self, folder: Path, current: Callable[[], int]) -> None:
        self._folder = folder
        self._current = current
        self._dense: LoadedDense | None = None
        self._lexical: LoadedLexical | None = None
        self._lock = Lock()

    def dense(self, catalogue: Catalogue, state: State) -> LoadedDense | None:
        """The dense index for the state, or None if another generation was published meanwhile."""
        with self._lock:
            if self._dense is None or self._dense.generation != state.published:
                loaded = self._load(
                    state,
                    lambda: self._read_dense(catalogue, state),
                    lambda: rebuild_dense(catalogue, self._folder / DENSE, state),
                    lambda: self._dense_in_memory(catalogue, state),
                )
                if loaded is None:
                    return None
                self._dense = loaded
            return self._dense

    def lexical(self, catalogue: Catalogue, state: State) -> LoadedLexical | None:
        """The lexical index for the state, or None if another generation was published meanwhile."""
        with self._lock:
            if self._lexical is None or self._lexical.generation != state.published:
                analyzer = analyzer_for(catalogue.glossary(state.published))
                loaded = self._load(
                    state,
                    lambda: self._read_lexical(catalogue, state),
                    lambda: rebuild_lexical(
                        catalogue, self._folder / LEXICAL, state, analyzer, state.published_key
                    ),
                    lambda: self._lexical_in_memory(catalogue, state, analyzer),
                )
                if loaded is None:
                    return None
                self._lexical = loaded
            return self._lexical

    def forget(self) -> None:
        """Load everything from disk next time."""
        with self._lock:
            self._dense = self._lexical = None

    def _load(
        self,
        state: State,
        read: Callable[[], Loaded],
        rebuild: Callable[[], object],
        in_memory: Callable[[], Loaded],
    ) -> Loaded | None:
        """Read from disk; what can't be read while nobody is writing is made anew."""
        problem: Exception | None = None
        obstacle = "another process is writing"
        for pause in _PAUSES:
            try:
                loaded = read()
                return loaded if self._current() == state.published else None
            except DerivedIndexProblem as found:
                problem = found
            if state.published == 0:
                return in_memory()  # nothing was ever published, so nothing is missing
            try:
                with FileLock(self._folder / LOCK, timeout=0):
                    return self._repair(state, read, rebuild)
            except Timeout:
                time.sleep(pause)  # perhaps only because the writer was putting something in its place
            except (OSError, DerivedIndexProblem) as found:
                obstacle = str(found)
                break
            if self._current() != state.published:
                return None
        logger.warning("searching an index made in memory: %s; it isn't replaced: %s", problem, obstacle)
        return in_memory()

    def _repair(
        self, state: State, read: Callable[[], Loaded], rebuild: Callable[[], object]
    ) -> Loaded | None:
        """Make an index anew that still can't be read now that nobody else can write."""
        if self._current() != state.published:
            return None
        try:
            return read()
        except DerivedIndexProblem as problem:
            logger.warning("making the index anew: %s", problem)
        rebuild()
        return read()

    def _read_dense(self, catalogue: Catalogue, state: State) -> LoadedDense:
        folder = self._folder / DENSE
        manifest = read_dense_manifest(folder, state)
        known = self._dense.named if self._dense is not None else {}
        entries = [entry for entry in manifest.segments if entry.embedder == state.embedder]
        named = {
            entry.name: known.get(entry.name) or on_best_device(load_segment(folder, entry))
            for entry in entries
        }
        return LoadedDense(state.published, catalogue.fingerprint(state.embedder).dimension, named)

    def _dense_in_memory(self, catalogue: Catalogue, state: State) -> LoadedDense:
        segments = {f"memory {number}": each for number, each in enumerate(build_segments(catalogue, state))}
        return LoadedDense(state.published, catalogue.fingerprint(state.embedder).dimension, segments)

    def _read_lexical(self, catalogue: Catalogue, state: State) -> LoadedLexical:
        folder = self._folder / LEXICAL
        manifest = read_lexical_manifest(folder, state)
        analyzer = self._analyzer_of(manifest, catalogue, state)
        place = folder / manifest.folder
        if not os.access(place, os.W_OK):
            check_files(place, manifest, set())
            return LoadedLexical(state.published, open_copy(place), analyzer)
        old = self._lexical if self._lexical and self._lexical.folder == manifest.folder else None
        handle = (old.handle if old is not None else None) or open_index(place)
        checked = check_files(place, manifest, set(old.checked if old is not None else ()))
        try:
            handle.reload()
            index = LexicalIndex(handle)
        except ValueError as error:
            raise DerivedIndexProblem(f"{place} can't be read by tantivy: {error}") from error
        return LoadedLexical(state.published, index, analyzer, handle, manifest.folder, frozenset(checked))

    def _analyzer_of(self, manifest: LexicalManifest, catalogue: Catalogue, state: State) -> Analyzer:
        """The analyzer that the index was made with: the generation's, or already the next one's."""
        for generation in (state.published, NEWEST):
            analyzer = analyzer_for(catalogue.glossary(generation))
            if analyzer.digest == manifest.analyzer:
                return analyzer
        raise DerivedIndexProblem("the lexical index was made with another version of the analyzer")

    def _lexical_in_memory(self, catalogue: Catalogue, state: State, analyzer: Analyzer) -> LoadedLexical:
        return LoadedLexical(
            state.published, LexicalIndex(build_in_memory(catalogue, state, analyzer)), analyzer
        )
