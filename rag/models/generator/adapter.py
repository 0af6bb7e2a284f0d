"""Low-rank additions to a generator's matrices, trained for one task and switched on for it alone.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021. They aren't merged into the
weights: a conversation that begins with the instructions that an adapter was trained with is answered with
it, every other one (a question rewritten, one made up) by the model as it comes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from rag.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor  # its import takes seconds

FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Adapter:
    """``base`` is the digest of the weights that it adds to (``rag.models.weights.weights_digest``);
    ``instructions`` are the system messages, by language, that it was trained to follow."""

    file: Path
    base: str
    instructions: Mapping[str, str]
    tensors: Mapping[str, "Tensor"]


def read_instructions(file: Path) -> dict[str, str]:
    """What an adapter was trained to follow, without reading its numbers.

    Raises:
        WeightsError: as `read_adapter`.
    """
    instructions: dict[str, str] = json.loads(read_facts(file)["instructions"])
    return instructions


def read_adapter(file: Path) -> Adapter:
    """Read an adapter.

    Raises:
        WeightsError: it isn't there, is damaged, or of another format.
    """
    facts = read_facts(file)
    with safe_open(file, "pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    return Adapter(file, facts["base"], json.loads(facts["instructions"]), tensors)


def read_facts(file: Path) -> dict[str, str]:
    """What an adapter says of itself, by name, without reading its numbers.

    Raises:
        WeightsError: as `read_adapter`.
    """
    try:
        with safe_open(file, "np") as opened:  # torch takes seconds to load
            facts: dict[str, str] = opened.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise WeightsError(
            f"the adapter {file} can't be read: {str(error).splitlines()[0]}; correct generator.adapter in "
            "rag.toml"
        ) from error
    if facts.get("format") != FORMAT or not {"base", "instructions"} <= facts.keys():
        raise WeightsError(
            f"{file} is no adapter of format {FORMAT}; train one with `python -m training generator`"
        )
    return facts
