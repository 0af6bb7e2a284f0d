"""Changing the dense index: making it anew, adding, removing, merging.

Every change ends with a new manifest; until then nothing that a reader uses is touched. Segments of about
equal size are merged eight at a time, so a vector is written about four times however many small additions
come, and one in which more than a quarter of the rows is dead is written without them: the cost stays in
proportion to the change.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, State
from rag.knowledge_base.indexes.faiss_segments import (
    DENSE_FORM,
    SEGMENT_ROWS,
    DenseManifest,
    Segment,
    SegmentEntry,
    load_keys,
    load_segment,
    load_tombstones,
    remove_strays,
    write_segment,
    write_tombstones,
)
from rag.knowledge_base.indexes.manifest import DerivedIndexProblem, read_manifest, write_manifest

logger = logging.getLogger(__name__)

_FANOUT = 8  # segments of one size that are merged into one
_SMALLEST_LEVEL = 64  # rows
_DEAD_SHARE = 0.25


def read_dense_manifest(folder: Path, state: State) -> DenseManifest:
    """Read the manifest and see that the index can stand for the published generation.

    Raises:
        DerivedIndexProblem: the index is missing, damaged, stale or of another catalogue.
    """
    manifest = read_manifest(folder, DenseManifest, DENSE_FORM)
    if manifest.identity != state.identity:
        raise DerivedIndexProblem(f"{folder} belongs to another catalogue")
    if manifest.last_key < state.published_key:
        raise DerivedIndexProblem(f"{folder} is older than the catalogue")
    return manifest


def build_segments(catalogue: Catalogue, state: State) -> list[Segment]:
    """The published generation's vectors as segments in memory."""
    batches = catalogue.vectors_to_index(
        state.embedder, after=0, up_to=state.published_key, dead=state.published, rows=SEGMENT_ROWS
    )
    return [Segment.build(keys, vectors) for keys, vectors in batches]


def rebuild_dense(catalogue: Catalogue, folder: Path, state: State) -> DenseManifest:
    """Make the index anew, for the published generation, and return its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = [
        write_segment(folder, Segment.build(keys, vectors), state.embedder)
        for keys, vectors in catalogue.vectors_to_index(
            state.embedder, after=0, up_to=state.published_key, dead=state.published, rows=SEGMENT_ROWS
        )
    ]
    return _replace(folder, _manifest(state, state.published_key, entries, set(), folder))


def extend_dense(
    catalogue: Catalogue, folder: Path, manifest: DenseManifest, state: State, up_to: int
) -> DenseManifest:
    """Add what was written since the manifest's watermark, up to the key ``up_to``."""
    if up_to <= manifest.last_key:
        return manifest
    added = [
        write_segment(folder, Segment.build(keys, vectors), state.writing_embedder)
        for keys, vectors in catalogue.vectors_to_index(
            state.writing_embedder, after=manifest.last_key, up_to=up_to, dead=NEWEST, rows=SEGMENT_ROWS
        )
    ]
    entries, dead = _merge(folder, [*manifest.segments, *added], load_tombstones(folder, manifest))
    return _replace(folder, _manifest(state, up_to, entries, dead, folder))


def prune_dense(folder: Path, manifest: DenseManifest, state: State, removed: Sequence[int]) -> DenseManifest:
    """Make tombstones of removed passages; drop or shrink segments of which too much is dead."""
    dead = load_tombstones(folder, manifest)
    gone = np.array(sorted(removed), dtype=np.int64)
    entries = []
    for entry in manifest.segments:
        if entry.embedder not in (state.embedder, state.writing_embedder):
            dead -= set(load_keys(folder, entry).tolist())
            continue
        entries.append(entry)
        first, last = np.searchsorted(gone, [entry.first_key, entry.last_key + 1])
        if last > first:
            dead.update(
                np.intersect1d(gone[first:last], load_keys(folder, entry), assume_unique=True).tolist()
            )
    entries, dead = _shrink(folder, entries, dead)
    if entries == list(manifest.segments) and len(dead) == (
        manifest.tombstones.rows if manifest.tombstones else 0
    ):
        return manifest
    return _replace(folder, _manifest(state, manifest.last_key, entries, dead, folder))


def _shrink(
    folder: Path, entries: Iterable[SegmentEntry], dead: set[int]
) -> tuple[list[SegmentEntry], set[int]]:
    """Write segments of which too much is dead without their dead rows."""
    kept = []
    dead_keys = np.array(sorted(dead), dtype=np.int64)
    for entry in entries:
        first, last = np.searchsorted(dead_keys, [entry.first_key, entry.last_key + 1])
        keys = load_keys(folder, entry) if last > first else None
        lost = np.isin(keys, dead_keys[first:last]) if keys is not None else np.zeros(0, dtype=bool)
        if keys is None or lost.sum() <= _DEAD_SHARE * entry.rows:
            kept.append(entry)
            continue
        kept += _combine(folder, [entry], dead)
        dead = dead - set(keys[lost].tolist())
    return kept, dead


def _merge(folder: Path, entries: list[SegmentEntry], dead: set[int]) -> tuple[list[SegmentEntry], set[int]]:
    """Merge segments of about equal size until no eight of them are left."""
    while group := _mergeable(entries):
        merged_keys = {key for entry in group for key in load_keys(folder, entry).tolist()}
        entries = [entry for entry in entries if entry not in group] + _combine(folder, group, dead)
        dead = dead - merged_keys
    return entries, dead


def _mergeable(entries: Iterable[SegmentEntry]) -> list[SegmentEntry]:
    levels: dict[tuple[int, int], list[SegmentEntry]] = defaultdict(list)
    for entry in entries:
        if entry.rows < SEGMENT_ROWS:
            level, rows = 0, entry.rows
            while rows >= _SMALLEST_LEVEL:
                level, rows = level + 1, rows // _FANOUT
            levels[entry.embedder, level].append(entry)
    return next((group for group in levels.values() if len(group) >= _FANOUT), [])


def _combine(folder: Path, group: Sequence[SegmentEntry], dead: set[int]) -> list[SegmentEntry]:
    """Write the living rows of several segments as one, or as several full ones."""
    segments = [load_segment(folder, entry) for entry in group]
    keys = np.concatenate([segment.keys for segment in segments])
    vectors = np.concatenate([segment.vectors for segment in segments])
    living = ~np.isin(keys, np.fromiter(dead, dtype=np.int64, count=len(dead)))
    order = np.flatnonzero(living)[np.argsort(keys[living], kind="stable")]
    return [
        write_segment(folder, Segment.build(keys[rows], vectors[rows]), group[0].embedder)
        for rows in (order[start : start + SEGMENT_ROWS] for start in range(0, len(order), SEGMENT_ROWS))
    ]


def _manifest(
    state: State, last_key: int, entries: Iterable[SegmentEntry], dead: set[int], folder: Path
) -> DenseManifest:
    return DenseManifest(
        form=DENSE_FORM,
        identity=state.identity,
        last_key=last_key,
        segments=tuple(entries),
        tombstones=write_tombstones(folder, sorted(dead)),
    )


def _replace(folder: Path, manifest: DenseManifest) -> DenseManifest:
    write_manifest(folder, manifest)
    remove_strays(folder, manifest)
    return manifest
