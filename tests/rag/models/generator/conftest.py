"""Adapters for the tiny generator."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.models.weights import weights_digest

MakeAdapter = Callable[..., Path]
TRAINED = "只根据资料回答。"


@pytest.fixture
def make_adapter(tiny_generator_folder: Path, tmp_path: Path) -> MakeAdapter:
    """Makes adapters for the tiny generator, of random numbers."""

    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM

    def make(name: str = "made", seed: int = 0, first_layer: int = 0, **facts: str) -> Path:
        model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder)
        torch.manual_seed(seed)
        tensors = {}
        for place, matrix in model.named_modules():
            layer = re.match(r"model\.layers\.(\d+)\.", place)
            if not isinstance(matrix, torch.nn.Linear) or layer is None or int(layer[1]) < first_layer:
                continue
            tensors[f"{place}.down"] = torch.randn(2, matrix.in_features)
            tensors[f"{place}.up"] = torch.randn(matrix.out_features, 2)
        file = tmp_path / f"{name}.safetensors"
        told = {"format": "1", "base": weights_digest(tiny_generator_folder)}
        told["instructions"] = json.dumps({"zh": TRAINED}, ensure_ascii=False)
        save_file(tensors, file, {**told, **facts})
        return file

    return make
