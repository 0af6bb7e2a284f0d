"""Adapters as llama.cpp reads them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import xllamacpp
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from rag.errors import WeightsError
from rag.files import file_digest
from rag.models.generator.adapter import read_facts
from rag.models.generator.llama_cpp.lora_file import lora_of, write_lora
from rag.models.weights.gguf_header import read_gguf_fields

MakeAdapter = Callable[..., Path]
PROMPT = [1, 87, 85, 274, 201, 308, 387, 385]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "wenju" / "adapters"


def as_stored(adapter: Path, kind: torch.dtype) -> Path:
    """The adapter with its numbers a tenth as large, in that number format."""
    tensors = {name: (tensor / 10).to(kind) for name, tensor in load_file(adapter).items()}
    save_file(tensors, adapter, read_facts(adapter))
    return adapter


def log_probabilities(folder: Path, adapter: Path | None) -> torch.Tensor:
    """Those of the token behind ``PROMPT``, the adapter merged into the weights."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    factors = load_file(adapter) if adapter is not None else {}
    with torch.no_grad():
        for name in {each.rpartition(".")[0] for each in factors}:
            up, down = (factors[f"{name}.{part}"].float() for part in ("up", "down"))
            model.get_submodule(name).weight += up @ down
        return torch.log_softmax(model(torch.tensor([PROMPT])).logits[0, -1], -1)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16], ids=str)
def test_llama_cpp_adds_what_transformers_does(
    cache: Path, make_adapter: MakeAdapter, tiny_generator_folder: Path, tiny_gguf: Path, kind: torch.dtype
) -> None:
    adapter = as_stored(make_adapter(), kind)
    plain, adapted = (log_probabilities(tiny_generator_folder, each) for each in (None, adapter))
    assert not torch.allclose(plain, adapted, atol=0.5)
    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.n_ctx = str(tiny_gguf), 512
    parameters.warmup = parameters.fit_params = False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(lora_of(adapter)), 1.0)]
    server = xllamacpp.Server(parameters)
    for scale, expected in ((1.0, adapted), (0.0, plain)):
        asked = {"prompt": PROMPT, "n_predict": 6, "temperature": 0, "n_probs": 9}
        answer = server.handle_completions({**asked, "lora": [{"id": 0, "scale": scale}]})
        first = answer["choices"][0]["logprobs"]["content"][0]
        found = {each["id"]: each["logprob"] for each in first["top_logprobs"]}
        assert found == pytest.approx({token: float(expected[token]) for token in found}, abs=0.05)


def test_it_says_what_it_was_made_from(tmp_path: Path, make_adapter: MakeAdapter) -> None:
    adapter = make_adapter()
    write_lora(adapter, tmp_path / "lora.gguf")
    fields = read_gguf_fields(tmp_path / "lora.gguf")
    told = read_facts(adapter)
    assert fields["wenju.adapter.sha256"] == file_digest(adapter)
    assert fields["wenju.adapter.base"] == told["base"]
    assert json.loads(fields["wenju.adapter.instructions"]) == json.loads(told["instructions"])


def test_it_is_made_once_for_each_adapter(cache: Path, make_adapter: MakeAdapter) -> None:
    one, other = make_adapter(), make_adapter("other", seed=1)
    file = lora_of(one)
    before = file.stat()
    assert lora_of(one) == file and file.stat().st_ino == before.st_ino
    assert lora_of(other) != file
    assert sorted(each.name for each in cache.iterdir()) == sorted(
        f"{file_digest(each)}.gguf" for each in (one, other)
    )


@pytest.mark.parametrize("damage", ["cut", "swapped"])
def test_a_damaged_one_is_made_anew(cache: Path, make_adapter: MakeAdapter, damage: str) -> None:
    adapter = make_adapter()
    file = lora_of(adapter)
    whole = file.read_bytes()
    swapped = lora_of(make_adapter("other", seed=1)).read_bytes()
    file.write_bytes(whole[:-100] if damage == "cut" else swapped)
    assert lora_of(adapter).read_bytes() == whole


def test_what_llama_cpp_has_no_place_for_is_refused(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "a.safetensors"
    tensors = {f"model.layers.0.mlp.router.{part}": torch.ones(2, 2) for part in ("down", "up")}
    save_file(tensors, file, {"format": "1", "base": "b", "instructions": "{}"})
    with pytest.raises(WeightsError, match=re.escape("'model.layers.0.mlp.router.down'")):
        lora_of(file)
    assert not list(cache.iterdir())


def test_a_missing_adapter_is_one_line(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.safetensors"):
        lora_of(tmp_path / "none.safetensors")
