from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from safetensors.torch import load_file

from rag.models.weights.safetensors_file import Tensor, write_safetensors

_FLOATS = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=3, max_side=7),
    elements=st.floats(-60000, 60000, width=32),
)
_DTYPES = {GGMLQuantizationType.BF16: torch.bfloat16, GGMLQuantizationType.F16: torch.float16}


@given(st.sampled_from(sorted(_DTYPES)), st.lists(_FLOATS, max_size=5))
def test_the_library_reads_what_torch_would_have_written(
    tmp_path_factory: pytest.TempPathFactory,
    kind: GGMLQuantizationType,
    tensors: list[NDArray[np.float32]],
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "model.safetensors"
    in_two_pieces = [
        Tensor(str(number), values.shape, np.array_split(values.ravel(), min(2, values.size)))
        for number, values in enumerate(tensors)
    ]
    write_safetensors(path, in_two_pieces, kind)
    loaded = load_file(path)
    assert len(loaded) == len(tensors)
    for number, values in enumerate(tensors):
        assert torch.equal(loaded[str(number)], torch.from_numpy(values).to(_DTYPES[kind]))


def test_too_few_values_are_refused(tmp_path: Path) -> None:
    tensor = Tensor("a", (2, 3), [np.zeros(5, np.float32)])
    with pytest.raises(ValueError, match="5 values for the shape"):
        write_safetensors(tmp_path / "model.safetensors", [tensor], GGMLQuantizationType.F16)
