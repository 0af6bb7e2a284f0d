"""The mean of adapters that went on from one start."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from rag.errors import TrainingError
from rag.models.generator.adapter import read_adapter
from training.generator.average import average


def made(file: Path, value: float, name: str = "model.layers.0.mlp.up_proj", base: str = "b") -> Path:
    """An adapter of one matrix, all of whose numbers are the same."""
    tensors = {f"{name}.{part}": torch.full((2, 2), value, dtype=torch.bfloat16) for part in ("down", "up")}
    save_file(tensors, file, {"format": "1", "base": base, "instructions": "{}", "seed": str(value)})
    return file


def test_numbers_are_averaged_and_the_files_named(tmp_path: Path) -> None:
    files = [made(tmp_path / "a", 1.0), made(tmp_path / "b", 2.0)]
    average(files, tmp_path / "mean")
    mean = read_adapter(tmp_path / "mean")
    assert {float(each) for tensor in mean.tensors.values() for each in tensor.flatten()} == {1.5}
    assert mean.base == "b" and {each.dtype for each in mean.tensors.values()} == {torch.bfloat16}


@pytest.mark.parametrize("other", [{"name": "model.layers.1.mlp.up_proj"}, {"base": "c"}])
def test_what_adds_to_something_else_has_no_mean(tmp_path: Path, other: dict[str, str]) -> None:
    with pytest.raises(TrainingError, match="they have no mean"):
        average([made(tmp_path / "a", 1.0), made(tmp_path / "b", 2.0, **other)], tmp_path / "mean")
