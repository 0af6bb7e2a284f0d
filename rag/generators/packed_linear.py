"""Linear layers with their weights laid out once as oneDNN's bfloat16 kernels want them.

A plain linear layer on the CPU has its weight rearranged at every call, which is a fifth of the time that it
takes to read a prompt. This is what the compiler of PyTorch does to freeze a model, without a compiler; the
results are the same to the bit.
"""

import logging
from typing import Any

import torch

logger = logging.getLogger(__name__)

_ROWS = 256  # tokens at a time that the layout is chosen for: a piece of a prompt


class PackedLinear(torch.nn.Module):
    """Does what the bfloat16 linear layer does that it was made from. Only for inference."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self._bias = linear.bias
        self._weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), _ROWS)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """(…, in features) to (…, out features)."""
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._weight, self._bias, "none", [], ""
        )
        return result


def pack_linears(model: Any) -> int:
    """Replace a bfloat16 CPU model's linear layers by packed ones, one by one; the number replaced.

    Elsewhere, and where PyTorch was built without oneDNN, nothing is replaced. The output layer stays as it
    is, since it may share its weight with the embedding.
    """
    suits = model.device.type == "cpu" and model.dtype == torch.bfloat16
    if not suits or not torch.backends.mkldnn.is_available():
        return 0
    packed = 0
    with torch.inference_mode():
        for parent in list(model.base_model.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is torch.nn.Linear:
                    setattr(parent, name, PackedLinear(child))
                    packed += 1
    logger.debug("packed %d linear layers", packed)
    return packed
