"""An adapter's additions inside a transformers model, switched on and off."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from rag.errors import WeightsError
from rag.models.generator.adapter import Adapter


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
