"""Linear layers that don't learn, laid out once for both ways through them: 8 % more tokens a second.

`rag.models.generator.transformers.packed_linear` tells why; this one also lets gradients through to what is
below it.
"""

from typing import Any

import torch
from torch import Tensor, nn

from rag.models.generator.transformers.packed_linear import PackedLinear, pack_linears

_Layers = tuple[PackedLinear, PackedLinear]


class _BothWays(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, rows: Tensor, layers: _Layers) -> Tensor:
        context.back = layers[1]
        result: Tensor = layers[0](rows)
        return result

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return context.back(gradient.contiguous()), None


class FrozenLinear(nn.Module):
    """Does what a bfloat16 linear layer does whose weight and bias don't learn."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        self._layers = (PackedLinear(weight, linear.bias), PackedLinear(weight.t().contiguous(), None))

    def forward(self, rows: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        result: Tensor = _BothWays.apply(rows, self._layers)  # type: ignore[no-untyped-call]
        return result


def freeze_linears(model: Any) -> int:
    """Lay out a model's linear layers for training what was added to some of them; returns how many.

    Nothing is changed where `pack_linears` changes nothing.
    """
    suits = model.device.type == "cpu" and model.dtype == torch.bfloat16
    if not suits or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return 0
    bases = [
        name for name, module in model.named_modules() if name.endswith(".base") and type(module) is nn.Linear
    ]
    for name in bases:
        model.set_submodule(name, FrozenLinear(model.get_submodule(name)))
    return len(bases) + pack_linears(model)
