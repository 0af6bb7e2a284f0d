"""Writing a safetensors file piece by piece, so that a model never has to fit into memory to be converted.

The format (https://huggingface.co/docs/safetensors) is an unsigned 64-bit little-endian header length, a JSON
header that maps names to dtype, shape and byte range, and the tensors' bytes. The library's own writer wants
all tensors at once; this one wants their shapes first and their values one piece after the other.
"""

import json
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Dtype = Literal["BF16", "F16"]
_ITEM_SIZE = 2  # bytes, of either


@dataclass(frozen=True, slots=True)
class TensorPlan:
    """A tensor to be written. ``pieces`` yields its values as float32, row by row, in any portions."""

    name: str
    dtype: Dtype
    shape: tuple[int, ...]
    pieces: Callable[[], Iterable[NDArray[np.float32]]]

    @property
    def count(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))


def write_safetensors(path: Path, tensors: Sequence[TensorPlan]) -> None:
    """Write ``tensors`` to ``path``, holding one piece in memory at a time.

    Raises:
        ValueError: a tensor's pieces hold more or fewer values than its shape says.
        OSError: the file can't be written.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in tensors:
        end = offset + tensor.count * _ITEM_SIZE
        header[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)  # tensors begin at a multiple of 8 bytes
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for tensor in tensors:
            written = 0
            for piece in tensor.pieces():
                file.write(_encode(piece, tensor.dtype).tobytes())
                written += piece.size
            if written != tensor.count:
                raise ValueError(f"{tensor.name}: {written} values for the shape {tensor.shape}")


def _encode(values: NDArray[np.float32], dtype: Dtype) -> NDArray[Any]:
    if dtype == "F16":
        return values.astype("<f2")
    # bfloat16 is the upper half of a float32, rounded to nearest, ties to even
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4")
    halves: NDArray[Any] = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
    return halves
