"""A dense index of FAISS segments in a folder.

Every change ends with a new manifest; until then nothing that a reader uses is touched. Segments of about
equal size are merged eight at a time, so a vector is written about four times however many small additions
come, and one in which more than a quarter of the rows is dead is written without them: the cost stays in
proportion to the change.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from rag.knowledge_base.index import Batch, IndexProblem, Mark
from rag.knowledge_base.indexes.faiss_segments import (
    DENSE_FORM,
    SEGMENT_ROWS,
    DenseManifest,
    FaissSearcher,
    Segment,
    SegmentEntry,
    load_keys,
    load_segment,
    load_tombstones,
    on_best_device,
    remove_strays,
    write_segment,
    write_tombstones,
)
from rag.knowledge_base.indexes.manifest import read_manifest, write_manifest

_FANOUT = 8  # segments of one size that are merged into one
_SMALLEST_LEVEL = 64  # rows
_DEAD_SHARE = 0.25


class FaissIndex:
    """Implements ``Index`` for vectors; a maker is the number of an embedder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    def mark(self) -> Mark:
        manifest = self._manifest()
        makers = frozenset(str(entry.embedder) for entry in manifest.segments)
        return Mark(manifest.identity, manifest.last_key, makers)

    def make(self, batches: Iterable[Batch], maker: str, identity: str, last_key: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._replace(identity, last_key, _write(self._folder, batches, int(maker)), set())

    def take_in(self, batches: Iterable[Batch], maker: str, last_key: int) -> None:
        manifest = self._manifest()
        added = _write(self._folder, batches, int(maker))
        dead = load_tombstones(self._folder, manifest)
        entries, dead = _tidied(self._folder, [*manifest.segments, *added], dead)
        self._replace(manifest.identity, last_key, entries, dead)

    def let_go(self, keys: Sequence[int], makers: Collection[str]) -> None:
        """Make tombstones of the keys; drop or shrink segments of which too much is dead."""
        manifest = self._manifest()
        dead = load_tombstones(self._folder, manifest)
        gone = np.array(sorted(keys), dtype=np.int64)
        entries = []
        for entry in manifest.segments:
            if str(entry.embedder) not in makers:
                dead -= set(load_keys(self._folder, entry).tolist())
                continue
            entries.append(entry)
            first, last = np.searchsorted(gone, [entry.first_key, entry.last_key + 1])
            if last > first:
                held = load_keys(self._folder, entry)
                dead.update(np.intersect1d(gone[first:last], held, assume_unique=True).tolist())
        entries, dead = _tidied(self._folder, entries, dead)
        known = manifest.tombstones.rows if manifest.tombstones else 0
        if entries != list(manifest.segments) or len(dead) != known:
            self._replace(manifest.identity, manifest.last_key, entries, dead)

    def open(self, maker: str, before: object = None) -> FaissSearcher:
        """See ``Index``. Tombstones aren't read: whoever asks looks keys up in the catalogue."""
        known = before.segments if isinstance(before, FaissSearcher) else {}
        entries = [entry for entry in self._manifest().segments if str(entry.embedder) == maker]
        return FaissSearcher(
            {
                entry.name: known.get(entry.name) or on_best_device(load_segment(self._folder, entry))
                for entry in entries
            }
        )

    def in_memory(self, batches: Iterable[Batch]) -> FaissSearcher:
        return FaissSearcher(
            {f"memory {number}": Segment.build(*batch) for number, batch in enumerate(_sized(batches))}
        )

    def problems(self) -> list[str]:
        try:
            manifest = self._manifest()
            load_tombstones(self._folder, manifest)
        except IndexProblem as problem:
            return [str(problem)]
        found = []
        for entry in manifest.segments:
            try:
                load_segment(self._folder, entry)
            except IndexProblem as problem:
                found.append(str(problem))
        return found

    def contents(self, maker: str) -> Iterator[Batch]:
        manifest = self._manifest()
        dead = np.fromiter(load_tombstones(self._folder, manifest), dtype=np.int64)
        for entry in manifest.segments:
            if str(entry.embedder) == maker:
                segment = load_segment(self._folder, entry)
                rows = np.flatnonzero(~np.isin(segment.keys, dead))
                yield Batch(segment.keys[rows], segment.vectors[rows])

    def _manifest(self) -> DenseManifest:
        return read_manifest(self._folder, DenseManifest, DENSE_FORM)

    def _replace(self, identity: str, last_key: int, entries: Iterable[SegmentEntry], dead: set[int]) -> None:
        manifest = DenseManifest(
            form=DENSE_FORM,
            identity=identity,
            last_key=last_key,
            segments=tuple(entries),
            tombstones=write_tombstones(self._folder, dead),
        )
        write_manifest(self._folder, manifest)
        remove_strays(self._folder, manifest)


def _sized(batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches, none with more rows than a full segment."""
    for keys, vectors in batches:
        for start in range(0, len(keys), SEGMENT_ROWS):
            rows = slice(start, start + SEGMENT_ROWS)
            yield Batch(keys[rows], vectors[rows])


def _write(folder: Path, batches: Iterable[Batch], embedder: int) -> list[SegmentEntry]:
    return [write_segment(folder, Segment.build(*batch), embedder) for batch in _sized(batches)]


def _tidied(folder: Path, entries: list[SegmentEntry], dead: set[int]) -> tuple[list[SegmentEntry], set[int]]:
    """Write segments anew, without dead rows, until none of them is overdue."""
    while group := _overdue(folder, entries, dead):
        segments = [load_segment(folder, entry) for entry in group]
        keys = np.concatenate([segment.keys for segment in segments])
        vectors = np.concatenate([segment.vectors for segment in segments])
        living = ~np.isin(keys, np.fromiter(dead, dtype=np.int64, count=len(dead)))
        order = np.flatnonzero(living)[np.argsort(keys[living], kind="stable")]
        entries = [entry for entry in entries if entry not in group]
        entries += _write(folder, [Batch(keys[order], vectors[order])], group[0].embedder)
        dead = dead - set(keys.tolist())
    return entries, dead


def _overdue(folder: Path, entries: Iterable[SegmentEntry], dead: set[int]) -> list[SegmentEntry]:
    """A segment of which too much is dead, or else eight of about equal size, or none."""
    dead_keys = np.array(sorted(dead), dtype=np.int64)
    levels: dict[tuple[int, int], list[SegmentEntry]] = defaultdict(list)
    for entry in entries:
        first, last = np.searchsorted(dead_keys, [entry.first_key, entry.last_key + 1])
        most = _DEAD_SHARE * entry.rows
        if last - first > most and np.isin(load_keys(folder, entry), dead_keys[first:last]).sum() > most:
            return [entry]
        if entry.rows < SEGMENT_ROWS:
            level, rows = 0, entry.rows
            while rows >= _SMALLEST_LEVEL:
                level, rows = level + 1, rows // _FANOUT
            levels[entry.embedder, level].append(entry)
    return next((group for group in levels.values() if len(group) >= _FANOUT), [])
