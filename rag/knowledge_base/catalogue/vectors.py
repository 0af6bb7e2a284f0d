"""Vectors as the catalogue keeps them: by the text they were made of, in half precision."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
LENGTH_TOLERANCE = 1e-2  # embedders that compute in bfloat16 normalize about as exactly as that


def encode_vector(vector: Vector) -> bytes:
    """A vector as it is stored: little-endian float16 (its rounding, 0.05 % of a value, moves no ranking)."""
    return np.asarray(vector, dtype="<f2").tobytes()


def decode_vector(blob: bytes) -> Vector:
    """A stored vector as float32."""
    return np.frombuffer(blob, dtype="<f2").astype(np.float32)


def describe_flaw(vector: Vector, dimension: int) -> str | None:
    """What is wrong with a vector, or None: it must have the dimension, finite values and unit length."""
    if vector.shape != (dimension,):
        return f"has the shape {vector.shape} instead of ({dimension},)"
    if not np.isfinite(vector).all():
        return "has values that aren't finite"
    length = float(np.linalg.norm(vector))
    if abs(length - 1) > LENGTH_TOLERANCE:
        return f"has the length {length:.3f} instead of 1"
    return None


def encode_checked(
    names: Mapping[str, str], vectors: Mapping[str, Vector], dimension: int
) -> dict[str, bytes]:
    """The stored form of vectors by digest; ``names`` says by digest what is needed, for messages.

    Raises:
        ValueError: one is missing or flawed.
    """
    encoded: dict[str, bytes] = {}
    for digest, name in names.items():
        if digest not in vectors:
            raise ValueError(f"the vector of {name} is missing")
        vector = np.asarray(vectors[digest], dtype=np.float32)
        if flaw := describe_flaw(vector, dimension):
            raise ValueError(f"the vector of {name} {flaw}")
        encoded[digest] = encode_vector(vector)
    return encoded
