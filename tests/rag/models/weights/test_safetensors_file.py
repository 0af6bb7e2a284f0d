from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from safetensors.torch import load_file

from rag.models.weights.safetensors_file import Dtype, TensorPlan, write_safetensors

_FLOATS = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=3, max_side=7),
    elements=st.floats(-60000, 60000, width=32),
)
_TORCH_DTYPES: dict[Dtype, torch.dtype] = {"BF16": torch.bfloat16, "F16": torch.float16}


def _in_two_pieces(values: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [values.ravel()[:3], values.ravel()[3:]]


@given(st.lists(st.tuples(st.sampled_from(sorted(_TORCH_DTYPES)), _FLOATS), max_size=5))
def test_the_library_reads_what_torch_would_have_written(
    tmp_path_factory: pytest.TempPathFactory, tensors: list[tuple[Dtype, NDArray[np.float32]]]
) -> None:
    path = tmp_path_factory.mktemp("tensors") / "model.safetensors"
    plans = [
        TensorPlan(str(number), dtype, values.shape, partial(_in_two_pieces, values))
        for number, (dtype, values) in enumerate(tensors)
    ]
    write_safetensors(path, plans)
    loaded = load_file(path)
    assert len(loaded) == len(tensors)
    for number, (dtype, values) in enumerate(tensors):
        assert torch.equal(loaded[str(number)], torch.from_numpy(values).to(_TORCH_DTYPES[dtype]))


def test_too_few_values_are_refused(tmp_path: Path) -> None:
    plan = TensorPlan("a", "F16", (2, 3), lambda: [np.zeros(5, np.float32)])
    with pytest.raises(ValueError, match="5 values for the shape"):
        write_safetensors(tmp_path / "model.safetensors", [plan])
