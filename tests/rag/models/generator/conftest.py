"""The tiny generator by each engine, and adapters for it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.models.generator.llama_cpp import server
from rag.models.generator.llama_cpp.model import LlamaCppChatModel
from rag.models.generator.local_chat import LocalChatModel
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.models.weights import weights_digest

MakeAdapter = Callable[..., Path]
MakeLocalModel = Callable[..., LocalChatModel]
TRAINED = "只根据资料回答。"


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several threads of llama.cpp hold each other up where tests run side by side."""
    monkeypatch.setattr(server, "THREADS", 1)


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


@pytest.fixture(params=["transformers", "llama.cpp"])
def make_local_model(
    request: pytest.FixtureRequest,
    tiny_generator_folder: Path,
    tiny_gguf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> MakeLocalModel:
    """Makes chat models of the same tiny generator, by each engine in turn."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # The file's numbers are the folder's, but no registry says so.
    monkeypatch.setattr(
        "rag.models.generator.llama_cpp.model.gguf_digest", lambda _: weights_digest(tiny_generator_folder)
    )

    def make(**options: Any) -> LocalChatModel:
        settings: dict[str, Any] = {"model_name": "tiny", "device": "cpu", "max_tokens": 24, **options}
        if request.param == "llama.cpp":
            return LlamaCppChatModel(file=tiny_gguf, **settings)
        return TransformersChatModel(folder=tiny_generator_folder, dtype="float32", **settings)

    return make
