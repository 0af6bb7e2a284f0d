from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from rag.errors import WeightsError
from rag.models.weights.qwen2_gguf import convert_gguf

_IDS = torch.tensor([[3, 77, 140, 5, 260, 31, 8]])


def _convert(tiny_qwen2: Any, tmp_path: Path) -> Path:
    source, target = tmp_path / "source", tmp_path / "converted"
    source.mkdir()
    target.mkdir()
    tiny_qwen2.write(source / "model.gguf")
    convert_gguf(source, target)
    return target


def _logits(folder: Path, **options: Any) -> torch.Tensor:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, **options)
    with torch.inference_mode():
        logits: torch.Tensor = model(_IDS).logits
    return logits


@pytest.mark.parametrize("kind", ["Q8_0", "Q5_0", "F16"])
def test_logits_equal_those_of_transformers_own_reading(tiny_qwen2: Any, tmp_path: Path, kind: str) -> None:
    tiny_qwen2.quantization = dict.fromkeys(tiny_qwen2.arrays, gguf.GGMLQuantizationType[kind])
    converted = _convert(tiny_qwen2, tmp_path)
    reference = _logits(
        tmp_path / "source", gguf_file="model.gguf", quantization_config=GgufConfig(dequantize=True)
    )
    assert torch.equal(_logits(converted), reference)


def test_of_two_quantizations_of_tied_embeddings_the_finer_is_kept(tiny_qwen2: Any, tmp_path: Path) -> None:
    tiny_qwen2.arrays["output.weight"] = tiny_qwen2.arrays["token_embd.weight"]
    tiny_qwen2.quantization["output.weight"] = gguf.GGMLQuantizationType.Q8_0
    tiny_qwen2.quantization["token_embd.weight"] = gguf.GGMLQuantizationType.Q4_0
    model = AutoModelForCausalLM.from_pretrained(_convert(tiny_qwen2, tmp_path), dtype=torch.float32)
    assert model.config.tie_word_embeddings
    assert model.lm_head.weight is model.model.embed_tokens.weight
    matrix = tiny_qwen2.arrays["token_embd.weight"]
    fine = gguf.quants.dequantize(
        gguf.quants.quantize(matrix, gguf.GGMLQuantizationType.Q8_0), gguf.GGMLQuantizationType.Q8_0
    )
    kept = model.lm_head.weight.detach().numpy()
    np.testing.assert_array_equal(kept, torch.from_numpy(fine).to(torch.bfloat16).float().numpy())


def test_embeddings_that_are_not_tied_stay_apart(tiny_qwen2: Any, tmp_path: Path) -> None:
    embedding = tiny_qwen2.arrays["token_embd.weight"]
    tiny_qwen2.arrays["output.weight"] = np.random.default_rng(1).permutation(embedding)
    tiny_qwen2.quantization["output.weight"] = gguf.GGMLQuantizationType.Q8_0
    converted = _convert(tiny_qwen2, tmp_path)
    reference = _logits(
        tmp_path / "source", gguf_file="model.gguf", quantization_config=GgufConfig(dequantize=True)
    )
    assert torch.equal(_logits(converted), reference)


def test_the_tokenizer_knows_its_special_tokens_and_any_text(tiny_qwen2: Any, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(_convert(tiny_qwen2, tmp_path))
    for token in tiny_qwen2.SPECIAL:
        assert tokenizer.encode(token) == [tiny_qwen2.tokens.index(token)]
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token == "<|endoftext|>"
    assert tokenizer.tokenize("hello") == ["hell", "o"]
    text = "你好，世界！全角ＡＢＣ 繁體 😀 12.5 kg\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert len(tokenizer) == len(tiny_qwen2.tokens) - 1  # unused vocabulary is left out
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "你好"}], tokenize=False)
    assert prompt == "<|im_start|>你好<|im_end|>"
    assert tokenizer.decode(tokenizer.encode(prompt), skip_special_tokens=True) == "你好"


def test_an_answer_ends_with_its_turn_or_with_the_text(tiny_qwen2: Any, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(_convert(tiny_qwen2, tmp_path))
    ends = {tiny_qwen2.tokens.index(token) for token in ("<|im_end|>", "<|endoftext|>")}
    assert set(model.generation_config.eos_token_id) == ends
    assert not model.generation_config.do_sample


def test_another_architecture_is_refused(tiny_qwen2: Any, tmp_path: Path) -> None:
    tiny_qwen2.write(tmp_path / "model.gguf", architecture="llama")
    with pytest.raises(WeightsError, match="llama"):
        convert_gguf(tmp_path, tmp_path)


def test_an_unknown_tensor_is_refused(tiny_qwen2: Any, tmp_path: Path) -> None:
    tiny_qwen2.arrays["blk.0.attn_rotation.weight"] = np.ones(4, np.float32)
    with pytest.raises(WeightsError, match="attn_rotation"):
        _convert(tiny_qwen2, tmp_path)


def test_what_is_no_gguf_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(WeightsError, match="GGUF"):
        convert_gguf(tmp_path, tmp_path)
