"""Average adapters that were trained from one start: what each learned, with less of what each forgot.

Source: Wortsman et al., "Model soups", ICML 2022. The factors are averaged, not their products: of adapters
that went on from the same one these differ by less than a thousandth (of the squares' sum).
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors import safe_open
from safetensors.torch import save_file

from rag.errors import TrainingError
from rag.models.generator.adapter import read_adapter


def generator_average(
    adapters: Annotated[list[Path], typer.Argument(metavar="FILE")],
    out: Annotated[Path, typer.Option(metavar="FILE")],
) -> None:
    """Average adapters of the generator that were trained from one start."""
    average(adapters, out)


def average(files: Sequence[Path], out: Path) -> None:
    """Write the mean of adapters for the same weights and matrices; the first one's facts are kept.

    Raises:
        TrainingError: they aren't for the same.
    """
    adapters = [read_adapter(each) for each in files]
    first = adapters[0]
    for each in adapters[1:]:
        if each.base != first.base or each.tensors.keys() != first.tensors.keys():
            raise TrainingError(
                f"{each.file} is for other weights or matrices than {first.file}; they have no mean: average "
                "adapters that were trained from one start"
            )
    mean = {
        name: torch.stack([each.tensors[name].float() for each in adapters]).mean(0).to(tensor.dtype)
        for name, tensor in first.tensors.items()
    }
    with safe_open(files[0], "pt") as opened:
        facts = dict(opened.metadata())
    facts["averaged"] = " ".join(hashlib.sha256(each.read_bytes()).hexdigest() for each in files)
    save_file(mean, out, facts)
