"""What was learned, as it is kept: the encoder's trained layers and the reader's own, in 8-bit integers.

Word embeddings and layers that weren't trained are the encoder's own, so the file is a tenth of the model.
Each row of a matrix has a scale of its own: its greatest value is 127. Vectors are kept in float32. The
metadata is the card: the encoder's digest, data, seed, licences.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from rag.errors import WeightsError, first_line

FORMAT = "wenju-reader-1"
_SCALE = ".scale"
_STEPS = 127

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Learned:
    """Parameters by name, as `ReaderNetwork` names them, and the card."""

    arrays: Arrays
    card: Mapping[str, str]


def save_learned(file: Path, arrays: Arrays, card: Mapping[str, str]) -> None:
    """Write what was learned; matrices are rounded."""
    kept: dict[str, NDArray[Any]] = {}
    for name, values in arrays.items():
        if values.ndim != 2:
            kept[name] = np.ascontiguousarray(values, np.float32)
            continue
        scale = np.maximum(np.abs(values).max(1), 1e-12) / _STEPS
        kept[name] = np.round(values / scale[:, np.newaxis]).astype(np.int8)
        kept[name + _SCALE] = scale.astype(np.float32)
    save_file(kept, file, {**card, "format": FORMAT})


def load_learned(file: Path) -> Learned:
    """Read what `save_learned` wrote.

    Raises:
        WeightsError: it is no such file.
    """
    try:
        with safe_open(file, "np") as opened:
            card = dict(opened.metadata() or {})
            if card.get("format") != FORMAT:
                raise WeightsError(
                    f"{file} isn't a reader of the form {FORMAT}; name one that `python -m training reader "
                    "save` wrote"
                )
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"the reader {file} can't be read: {first_line(error)}; name another") from error
    restored = {
        name: values.astype(np.float32) * arrays[name + _SCALE][:, np.newaxis]
        if name + _SCALE in arrays
        else values
        for name, values in arrays.items()
        if not name.endswith(_SCALE)
    }
    return Learned(restored, card)
