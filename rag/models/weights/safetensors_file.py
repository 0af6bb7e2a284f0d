"""Quantized tensors to a safetensors file, piece by piece: a model needn't fit into memory to be converted.

The format (https://huggingface.co/docs/safetensors) is an unsigned 64-bit little-endian header length, a JSON
header that maps names to dtype, shape and byte range, and the tensors' bytes. The library's own writer wants
all tensors at once; this one wants their shapes first and their values one piece after the other.
"""

import json
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize
from numpy.typing import NDArray
from tqdm import tqdm

_PIECE_VALUES = 1 << 20  # dequantized at a time: 4 MB as float32
_ITEM_SIZE = 2  # bytes, of both number formats that are written


class Tensor(NamedTuple):
    """A tensor to be written. ``pieces`` are its values as float32, row by row, in any portions."""

    name: str
    shape: tuple[int, ...]
    pieces: Iterable[NDArray[np.float32]]


def dequantized(
    path: Path, offset: int, size: int, kind: GGMLQuantizationType
) -> Iterator[NDArray[np.float32]]:
    """The values of the ``size`` bytes of ``path`` from ``offset`` on, whose quantization is ``kind``."""
    values, block_bytes = GGML_QUANT_SIZES[kind]
    step = _PIECE_VALUES // values * block_bytes
    with path.open("rb") as file:
        file.seek(offset)
        for start in range(0, size, step):
            raw = np.frombuffer(file.read(min(step, size - start)), np.uint8)
            yield dequantize(raw, kind)


def write_safetensors(path: Path, tensors: Sequence[Tensor], kind: GGMLQuantizationType) -> None:
    """Write ``tensors`` to ``path`` as ``kind``, F16 or BF16, with a progress bar on standard error.

    Raises:
        ValueError: a tensor's pieces hold more or fewer values than its shape says.
        OSError: the file can't be written.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in tensors:
        end = offset + math.prod(tensor.shape) * _ITEM_SIZE
        header[tensor.name] = {"dtype": kind.name, "shape": tensor.shape, "data_offsets": [offset, end]}
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)  # tensors begin at a multiple of 8 bytes
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for tensor in tqdm(tensors, desc="converting", unit=" tensors"):
            written = 0
            for piece in tensor.pieces:
                file.write(quantize(piece, kind).tobytes())
                written += piece.size
            if written != math.prod(tensor.shape):
                raise ValueError(f"{tensor.name}: {written} values for the shape {tensor.shape}")
