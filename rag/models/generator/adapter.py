"""Low-rank additions to a generator's matrices, trained for one task and switched on for it alone.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021. They aren't merged into the
weights: a conversation that begins with the instructions that an adapter was trained with is answered with
it, every other one (a question rewritten, one made up) by the model as it comes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from rag.errors import WeightsError

FORMAT = "1"


@dataclass(slots=True)
class Switch:
    """Whether a model's additions count."""

    on: bool = False


class AdaptedLinear(nn.Module):
    """A linear layer as it is, and a low-rank addition: ``base(x) + up(down(x))`` where the switch is on."""

    def __init__(self, base: nn.Module, down: Tensor, up: Tensor, switch: Switch) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(down, requires_grad=down.requires_grad)
        self.up = nn.Parameter(up, requires_grad=up.requires_grad)
        self._switch = switch

    def forward(self, states: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        result: Tensor = self.base(states)
        if not self._switch.on:
            return result
        low = nn.functional.linear(states, self.down.to(states.dtype))
        return result + nn.functional.linear(low, self.up.to(states.dtype))


@dataclass(frozen=True, slots=True)
class Adapter:
    """``base`` is the digest of the weights that it adds to (``rag.models.weights.weights_digest``);
    ``instructions`` are the system messages, by language, that it was trained to follow."""

    file: Path
    base: str
    instructions: Mapping[str, str]
    tensors: Mapping[str, Tensor]


def read_instructions(file: Path) -> dict[str, str]:
    """What an adapter was trained to follow, without reading its numbers.

    Raises:
        WeightsError: as `read_adapter`.
    """
    instructions: dict[str, str] = json.loads(_facts(file)["instructions"])
    return instructions


def read_adapter(file: Path) -> Adapter:
    """Read an adapter.

    Raises:
        WeightsError: it isn't there, is damaged, or of another format.
    """
    facts = _facts(file)
    with safe_open(file, "pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    return Adapter(file, facts["base"], json.loads(facts["instructions"]), tensors)


def apply_adapter(model: Any, adapter: Adapter) -> Switch:
    """Add an adapter to a model in place; what is returned switches it on and off (off at first).

    Raises:
        WeightsError: the model has no such matrices.
    """
    switch = Switch()
    for name in sorted({key.rpartition(".")[0] for key in adapter.tensors}):
        down, up = adapter.tensors[f"{name}.down"], adapter.tensors[f"{name}.up"]
        try:
            base = model.get_submodule(name)
        except AttributeError as error:
            raise WeightsError(
                f"the adapter {adapter.file} is for another model, one with {name}; "
                'set generator.adapter = "none" in rag.toml, or the adapter made for this model'
            ) from error
        placed = [each.to(device=model.device, dtype=model.dtype) for each in (down, up)]
        model.set_submodule(name, AdaptedLinear(base, placed[0], placed[1], switch))
    return switch


def _facts(file: Path) -> dict[str, str]:
    try:
        with safe_open(file, "pt") as opened:
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
