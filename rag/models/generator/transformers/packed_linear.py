"""Linear layers with their weights laid out once as oneDNN's bfloat16 kernels want them.

A plain linear layer on the CPU has its weight rearranged at every call, which is a fifth of the time that it
takes to read a prompt. This is what the compiler of PyTorch does to freeze a model, without a compiler; the
results are the same.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

_ROWS = 256  # tokens at a time that the layout is chosen for: a piece of a prompt


class PackedLinear(torch.nn.Module):
    """Does what the bfloat16 linear layer does whose weight (out, in) and bias it was made from."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        super().__init__()
        self._bias = bias
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _ROWS)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """(…, in) to (…, out). Only for inference."""
        result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._weight, self._bias, "none", [], ""
        )
        return result


def pack_linears(model: Any, folder: Path | None = None) -> int:
    """Replace a bfloat16 CPU model's linear layers by packed ones, one by one; returns how many.

    Elsewhere, and where oneDNN has no bfloat16 kernels for the CPU, nothing is replaced. The output layer
    stays as it is, since it may share its weight with the embedding.

    ``folder`` is where the model was loaded from. Its weights are mapped into memory and become resident when
    they are touched; read once more by themselves, those that are packed needn't be resident twice.
    """
    suits = model.device.type == "cpu" and model.dtype == torch.bfloat16
    if not suits or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return 0
    stored = _stored_tensors(folder) if folder is not None else {}
    output = model.get_output_embeddings()
    names = [
        name
        for name, module in model.named_modules()
        if type(module) is torch.nn.Linear and module is not output
    ]
    with torch.inference_mode():
        for name in names:
            linear = model.get_submodule(name)
            key = f"{name}.weight"
            weight = _read(stored[key], key) if key in stored else linear.weight
            if weight.dtype != linear.weight.dtype or weight.shape != linear.weight.shape:
                weight = linear.weight  # it was converted while it was loaded
            model.set_submodule(name, PackedLinear(weight, linear.bias))
    return len(names)


def _stored_tensors(folder: Path) -> dict[str, Path]:
    """Which file of the folder holds which tensor."""
    found: dict[str, Path] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            found.update(dict.fromkeys(tensors.keys(), file))
    return found


def _read(file: Path, key: str) -> torch.Tensor:
    with safe_open(file, framework="pt") as tensors:
        tensor: torch.Tensor = tensors.get_tensor(key)
    return tensor
