"""Texts that are nearly the same: MinHash sketches of their character shingles, found by bands.

Sources: Broder, "On the resemblance and containment of documents", 1997, for sketches; Leskovec, Rajaraman
and Ullman, "Mining of Massive Datasets", chapter 3, for banding. White space and case don't count.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SHINGLE = 5  # characters
HASHES = 128
BANDS = 16  # of 8 hashes: of pairs that are 80 % alike 95 % share one, of those 90 % alike nearly all
_FEWEST = 40  # shingles; shorter texts are alike by chance
_CHUNK = 8192  # shingles hashed at a time

Sketch = NDArray[np.uint32]

_random = np.random.default_rng(20_250_101)
_FACTORS = _random.integers(0, 1 << 64, (HASHES, 1), dtype=np.uint64) | np.uint64(1)
_OFFSETS = _random.integers(0, 1 << 64, (HASHES, 1), dtype=np.uint64)
_BASE = np.uint64(0x9E3779B97F4A7C15)


def sketch_of(text: str) -> Sketch | None:
    """The text's sketch, shape (HASHES,); None for a text too short to be compared."""
    shingles = _shingles(text)
    if len(shingles) < _FEWEST:
        return None
    sketch = np.full(HASHES, np.iinfo(np.uint32).max, dtype=np.uint32)
    for start in range(0, len(shingles), _CHUNK):
        # Multiply-shift hashing: the upper half of a random odd multiple.
        hashed = (_FACTORS * shingles[start : start + _CHUNK] + _OFFSETS) >> np.uint64(32)
        np.minimum(sketch, hashed.min(axis=1).astype(np.uint32), out=sketch)
    return sketch


def similarity(first: Sketch, second: Sketch) -> float:
    """The estimated Jaccard similarity of two texts' shingles, 0 to 1 (standard error at most 0.044)."""
    return float(np.mean(first == second))


def band_keys(sketch: Sketch) -> Iterator[int]:
    """A signed 64-bit key for each band; texts that are alike share at least one key."""
    for number, band in enumerate(sketch.reshape(BANDS, -1)):
        digest = hashlib.blake2b(bytes([number]) + band.tobytes(), digest_size=8).digest()
        yield int.from_bytes(digest, "little", signed=True)


def encode_sketch(sketch: Sketch) -> bytes:
    """The sketch as little-endian bytes."""
    return sketch.astype("<u4").tobytes()


def decode_sketch(stored: bytes) -> Sketch:
    """The sketch that was encoded."""
    return np.frombuffer(stored, dtype="<u4").astype(np.uint32)


def text_key(text: str) -> int:
    """A signed 64-bit key that texts share which differ in white space only."""
    digest = hashlib.blake2b(" ".join(text.split()).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _shingles(text: str) -> NDArray[np.uint64]:
    """The distinct shingles, each as a 64-bit number."""
    normalized = "".join(text.casefold().split())
    points = np.frombuffer(normalized.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    if len(points) < SHINGLE:
        return np.empty(0, dtype=np.uint64)
    values = np.zeros(len(points) - SHINGLE + 1, dtype=np.uint64)
    for offset in range(SHINGLE):
        values = values * _BASE + points[offset : offset + len(values)]
    return np.unique(values)
