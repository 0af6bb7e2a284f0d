"""Layers laid out for training give what plain ones give, forwards and backwards."""

import pytest
import torch
from torch import nn

from training.frozen_linear import FrozenLinear


def test_results_and_gradients_are_those_of_a_plain_layer() -> None:
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this CPU has no bfloat16 kernels of oneDNN")
    torch.manual_seed(0)
    plain = nn.Linear(64, 96).to(torch.bfloat16).requires_grad_(False)
    rows = torch.randn(3, 7, 64, dtype=torch.bfloat16)
    weights = torch.randn(3, 7, 96, dtype=torch.bfloat16)
    found = []
    for layer in (plain, FrozenLinear(plain)):
        given = rows.clone().requires_grad_(True)
        result = layer(given)
        (result * weights).sum().backward()
        assert given.grad is not None
        found.append((result.detach(), given.grad))
    for first, second in zip(*found, strict=True):
        torch.testing.assert_close(first, second, rtol=2e-2, atol=2e-2)
