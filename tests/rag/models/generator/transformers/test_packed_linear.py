from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from rag.models.generator.transformers.packed_linear import PackedLinear, pack_linears

pytestmark = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="oneDNN has no bfloat16 kernels for this CPU"
)


@pytest.mark.parametrize("rows", [1, 7, 300])
@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_layer_gives_the_same(rows: int, bias: bool) -> None:
    torch.manual_seed(1)
    plain = torch.nn.Linear(96, 160, bias=bias, dtype=torch.bfloat16)
    inputs = torch.randn(1, rows, 96, dtype=torch.bfloat16)
    with torch.inference_mode():
        torch.testing.assert_close(PackedLinear(plain.weight, plain.bias)(inputs), plain(inputs))


@pytest.mark.parametrize("from_file", [True, False])
def test_a_packed_model_gives_the_same(tiny_generator_folder: Path, from_file: bool) -> None:
    plain, packed = (
        AutoModelForCausalLM.from_pretrained(tiny_generator_folder, dtype=torch.bfloat16) for _ in range(2)
    )
    tokens = torch.arange(3, 70)[None]
    assert pack_linears(packed, tiny_generator_folder if from_file else None) == 2 * 7
    with torch.inference_mode():
        torch.testing.assert_close(packed(tokens).logits, plain(tokens).logits)


def test_a_float32_model_is_left_as_it_is(tiny_generator_folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder, dtype=torch.float32)
    assert pack_linears(model) == 0
    assert not any(isinstance(module, PackedLinear) for module in model.modules())
