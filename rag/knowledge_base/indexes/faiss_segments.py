"""The dense index: exact search over immutable FAISS segments.

Flat, half precision, chosen by measurement (``python -m benchmarks.dense_index``): at 100 thousand passages
an exact search takes about as long as one sentence takes to embed, a change costs a small file, and nothing
has to be trained. A segment is a FAISS file and, beside it, the passage keys of its rows. Removed passages
are tombstones until so many of a segment's rows are dead that it is written anew.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rag.files import write_atomically
from rag.knowledge_base.index import Hit, IndexProblem, Keys, Vectors
from rag.knowledge_base.indexes.manifest import Manifest, check_file

DENSE_FORM = 1
SEGMENT_ROWS = 32_768  # of a full segment: 25 MB at 384 dimensions
_WORTH_MOVING = 20_000  # rows; fewer are searched faster than a GPU is asked


class SegmentEntry(BaseModel):
    """A segment in the manifest: its files are ``<name>.faiss`` and ``<name>.npy``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    embedder: int
    dimension: int
    rows: int
    first_key: int
    last_key: int
    sha256: str
    keys_sha256: str


class TombstoneEntry(BaseModel):
    """The file of removed passages' keys that segments still hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    rows: int
    sha256: str


class DenseManifest(Manifest):
    """What the dense index consists of."""

    segments: tuple[SegmentEntry, ...] = ()
    tombstones: TombstoneEntry | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of vectors and the passage keys they belong to, in memory."""

    keys: Keys  # (rows,), ascending
    index: Any  # faiss.Index of as many rows

    @classmethod
    def build(cls, keys: Keys, vectors: Vectors) -> "Segment":
        """From vectors of shape (rows, dimension), one for each key."""
        index = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(np.asarray(keys, dtype=np.int64), index)

    @property
    def vectors(self) -> Vectors:
        """All rows as float32, shape (rows, dimension)."""
        rows: Vectors = self.index.reconstruct_n(0, self.index.ntotal)
        return rows

    def search(self, vector: Vectors, k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` rows of greatest inner product, of all or of those with one of the keys ``among``."""
        if among is None:
            scores, rows = self.index.search(vector[None], min(k, self.index.ntotal))
        else:
            scores, rows = self._search_among(vector, k, np.isin(self.keys, among, assume_unique=True))
        found = rows[0] >= 0
        keys = self.keys[rows[0][found]].tolist()
        return [Hit(key, score) for key, score in zip(keys, scores[0][found].tolist(), strict=True)]

    def _search_among(self, vector: Vectors, k: int, wanted: NDArray[np.bool_]) -> tuple[Vectors, Keys]:
        """Scores and row numbers, each of shape (1, up to ``k``), of the rows wanted."""
        k = min(k, int(wanted.sum()))
        if k < 1:
            return np.empty((1, 0), dtype=np.float32), np.empty((1, 0), dtype=np.int64)
        if isinstance(self.index, faiss.IndexScalarQuantizer):
            library: Any = faiss  # whose annotations know only the C++ signatures
            chosen = library.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))
            found: tuple[Vectors, Keys] = self.index.search(
                vector[None], k, params=library.SearchParameters(sel=chosen)
            )
            return found
        rows = np.flatnonzero(wanted)  # a GPU's index takes no selector
        scores = self.vectors[rows] @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best][None], rows[best][None]


@contextmanager
def _one_thread() -> Iterator[None]:
    """For one query threads only wait for each other.

    What FAISS is told counts for all that its thread does with OpenMP, PyTorch's models too, so it is taken
    back: a generator would go on at half its speed.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class FaissSearcher:
    """Segments in memory."""

    def __init__(self, segments: dict[str, Segment]) -> None:
        self.segments = segments  # by name

    def search(self, query: Vectors, k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` rows of greatest inner product; see ``Searcher``."""
        if k < 1:
            return []
        with _one_thread():
            hits = [hit for segment in self.segments.values() for hit in segment.search(query, k, among)]
        hits.sort(key=lambda hit: (-hit.score, hit.key))
        return hits[:k]


def on_best_device(segment: Segment) -> Segment:
    """The segment for searching: its vectors on all GPUs as float16 if FAISS has any, else as it is.

    Exact on either; FAISS has GPUs where it was built for them (faiss-gpu). What is written to disk is always
    the CPU's form.
    """
    gpus = getattr(faiss, "get_num_gpus", lambda: 0)()
    if not gpus or len(segment.keys) < _WORTH_MOVING:
        return segment
    flat = faiss.IndexFlatIP(segment.index.d)
    flat.add(segment.vectors)
    options = faiss.GpuMultipleClonerOptions()
    options.useFloat16 = True
    return Segment(segment.keys, faiss.index_cpu_to_all_gpus(flat, co=options))


def write_segment(folder: Path, segment: Segment, embedder: int) -> SegmentEntry:
    """Write a segment's two files durably and return its entry."""
    name = uuid.uuid4().hex[:16]

    def write(path: Path) -> None:
        try:
            faiss.write_index(segment.index, str(path))
        except RuntimeError as error:  # FAISS's way to say that the disk is full
            raise OSError(f"FAISS can't write {path}") from error

    digest = write_atomically(folder / f"{name}.faiss", write)
    return SegmentEntry(
        name=name,
        embedder=embedder,
        dimension=segment.index.d,
        rows=len(segment.keys),
        first_key=int(segment.keys[0]),
        last_key=int(segment.keys[-1]),
        sha256=digest,
        keys_sha256=_write_array(folder / f"{name}.npy", segment.keys),
    )


def load_segment(folder: Path, entry: SegmentEntry) -> Segment:
    """Read a segment, comparing its files with their checksums first.

    Raises:
        IndexProblem: a file is missing or isn't what the manifest says.
    """
    file = folder / f"{entry.name}.faiss"
    check_file(file, entry.sha256)
    try:
        index = faiss.read_index(str(file))
    except RuntimeError as error:
        raise IndexProblem(f"{file} can't be read by FAISS") from error
    keys = load_keys(folder, entry)
    if index.ntotal != len(keys) or index.ntotal != entry.rows or index.d != entry.dimension:
        raise IndexProblem(f"{file} doesn't have the rows its manifest states")
    return Segment(keys, index)


def load_keys(folder: Path, entry: SegmentEntry) -> Keys:
    """Read only the keys of a segment.

    Raises:
        IndexProblem: the file is missing or isn't what the manifest says.
    """
    return _read_array(folder / f"{entry.name}.npy", entry.keys_sha256)


def write_tombstones(folder: Path, keys: set[int]) -> TombstoneEntry | None:
    """Write the keys of removed passages, in a new file."""
    if not keys:
        return None
    name = f"dead-{uuid.uuid4().hex[:16]}"
    digest = _write_array(folder / f"{name}.npy", np.array(sorted(keys), dtype=np.int64))
    return TombstoneEntry(name=name, rows=len(keys), sha256=digest)


def load_tombstones(folder: Path, manifest: DenseManifest) -> set[int]:
    """The keys of removed passages that segments still hold.

    Raises:
        IndexProblem: the file is missing or isn't what the manifest says.
    """
    entry = manifest.tombstones
    return set(_read_array(folder / f"{entry.name}.npy", entry.sha256).tolist()) if entry else set()


def remove_strays(folder: Path, manifest: DenseManifest) -> None:
    """Delete files that the manifest doesn't name: older states, and what a crash left behind."""
    known = {entry.name for entry in manifest.segments}
    if manifest.tombstones:
        known.add(manifest.tombstones.name)
    for file in folder.iterdir():
        ours = file.suffix in (".faiss", ".npy", ".tmp")
        if ours and file.stem not in known:
            file.unlink(missing_ok=True)


def _write_array(file: Path, keys: Keys) -> str:
    def write(path: Path) -> None:
        with path.open("wb") as stream:
            np.save(stream, keys, allow_pickle=False)

    return write_atomically(file, write)


def _read_array(file: Path, digest: str) -> Keys:
    check_file(file, digest)
    keys: Keys = np.load(file, allow_pickle=False)
    return keys
