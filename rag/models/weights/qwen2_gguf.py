"""GGUF to a transformers folder: bfloat16 safetensors, configuration, tokenizer (Qwen2 architecture).

transformers reads GGUF itself, but takes a minute or two each time and the whole model in memory; a folder
made once loads in seconds. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The values are
those of gguf's own dequantization, rounded to bfloat16.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError
from rag.models.weights.safetensors_file import TensorPlan, write_safetensors

SOURCE = "model.gguf"
_PIECE_VALUES = 1 << 23  # dequantized at a time: 32 MB as float32
_TENSOR_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5  # token types of the GGUF specification


def convert_gguf(source: Path, target: Path, on_bytes: Callable[[int], object] = lambda count: None) -> None:
    """Write into the folder ``target`` what ``AutoModelForCausalLM`` and ``AutoTokenizer`` load.

    ``on_bytes`` is told how many bytes of the source were just dealt with.

    Raises:
        WeightsError: ``source / "model.gguf"`` isn't a Qwen2 model that this can convert.
        OSError: a file can't be read or written.
    """
    from gguf import GGUFReader

    path = source / SOURCE
    try:
        reader = GGUFReader(path)
    except ValueError as error:
        raise WeightsError(f"{path} isn't a GGUF file that can be read: {error}") from error
    architecture = _field(reader, "general.architecture")
    if architecture != "qwen2":
        raise WeightsError(
            f"{path} holds a model of the architecture '{architecture}'; only qwen2 is converted"
        )
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    if "token_embd.weight" not in tensors:
        raise WeightsError(f"{path} has no tensor 'token_embd.weight'")
    tied = _tie_embeddings(path, tensors)
    _write_config(reader, tensors, tied, target)
    _write_tokenizer(reader, target)
    plans = [
        TensorPlan(
            _transformers_name(path, name),
            "BF16",
            tuple(int(size) for size in reversed(tensor.shape)),  # GGUF names the fastest dimension first
            partial(_pieces, path, tensor, on_bytes),
        )
        for name, tensor in tensors.items()
    ]
    write_safetensors(target / "model.safetensors", plans)


def _field(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise WeightsError(f"the GGUF file lacks the field '{key}'")
    return field.contents()


def _transformers_name(path: Path, name: str) -> str:
    if name in _TENSOR_NAMES:
        return _TENSOR_NAMES[name]
    match = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if match is None or match[2] not in _LAYER_NAMES:
        raise WeightsError(f"{path} has a tensor '{name}' that a Qwen2 model doesn't have")
    return f"model.layers.{match[1]}.{_LAYER_NAMES[match[2]]}.{match[3]}"


def _pieces(path: Path, tensor: Any, on_bytes: Callable[[int], object]) -> Iterator[NDArray[np.float32]]:
    """The tensor's values, some rows at a time, read from the file rather than through a memory map."""
    rows = int(np.prod(tensor.data.shape[:-1], dtype=np.int64))
    row_values = int(tensor.shape[0])
    step = max(1, _PIECE_VALUES // row_values)
    for first in range(0, rows, step):
        count = min(step, rows - first)
        yield _rows(path, tensor, first, count)
        on_bytes(int(tensor.n_bytes) * count // rows)


def _rows(path: Path, tensor: Any, first: int, count: int) -> NDArray[np.float32]:
    from gguf.quants import dequantize

    row_bytes = int(tensor.n_bytes) // int(np.prod(tensor.data.shape[:-1], dtype=np.int64))
    with path.open("rb") as file:
        file.seek(int(tensor.data_offset) + first * row_bytes)
        raw = np.frombuffer(file.read(count * row_bytes), np.uint8).reshape(count, row_bytes)
    values: NDArray[np.float32] = dequantize(raw, tensor.tensor_type)
    return values


def _tie_embeddings(path: Path, tensors: dict[str, Any]) -> bool:
    """Whether input and output embeddings are one matrix; if so, only the finer copy is left in ``tensors``.

    A GGUF file may hold two quantizations of the one matrix of a model with tied embeddings. They differ only
    by rounding, where two matrices in their own right would have nothing to do with each other.
    """
    output = tensors.get("output.weight")
    if output is None:
        return True
    embedding = tensors["token_embd.weight"]
    if tuple(output.shape) != tuple(embedding.shape):
        return False
    sampled = np.linspace(0, int(output.shape[1]) - 1, 64).astype(int)
    left = np.concatenate([_rows(path, embedding, int(row), 1) for row in sampled])
    right = np.concatenate([_rows(path, output, int(row), 1) for row in sampled])
    cosine = np.sum(left * right) / (np.linalg.norm(left) * np.linalg.norm(right))
    if cosine < 0.95:
        return False
    if output.n_bytes > embedding.n_bytes:
        tensors["token_embd.weight"] = output
    del tensors["output.weight"]
    return True


def _write_config(reader: Any, tensors: dict[str, Any], tied: bool, target: Path) -> None:
    from transformers import GenerationConfig, Qwen2Config

    bos, eos, pad = (
        int(_field(reader, f"tokenizer.ggml.{each}_token_id")) for each in ("bos", "eos", "padding")
    )
    Qwen2Config(
        architectures=["Qwen2ForCausalLM"],
        dtype="bfloat16",
        vocab_size=int(tensors["token_embd.weight"].shape[1]),
        hidden_size=_field(reader, "qwen2.embedding_length"),
        intermediate_size=_field(reader, "qwen2.feed_forward_length"),
        num_hidden_layers=_field(reader, "qwen2.block_count"),
        num_attention_heads=_field(reader, "qwen2.attention.head_count"),
        num_key_value_heads=_field(reader, "qwen2.attention.head_count_kv"),
        max_position_embeddings=_field(reader, "qwen2.context_length"),
        rms_norm_eps=_field(reader, "qwen2.attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": _field(reader, "qwen2.rope.freq_base")},
        tie_word_embeddings=tied,
        bos_token_id=bos,
        eos_token_id=eos,
        pad_token_id=pad,
    ).save_pretrained(target)
    # the end of a turn and the end of the text both end an answer
    make_generation_config: Any = GenerationConfig  # it has no annotations
    make_generation_config(
        bos_token_id=bos, eos_token_id=sorted({eos, bos}, reverse=True), pad_token_id=pad
    ).save_pretrained(target)


def _write_tokenizer(reader: Any, target: Path) -> None:
    """The byte-level BPE tokenizer, with control tokens as special tokens; unused vocabulary is left out."""
    from tokenizers import AddedToken
    from transformers import Qwen2Tokenizer

    tokens = _field(reader, "tokenizer.ggml.tokens")
    types = _field(reader, "tokenizer.ggml.token_type")
    added = [
        AddedToken(token, special=kind == _CONTROL, normalized=False)
        for token, kind in zip(tokens, types, strict=True)
        if kind in (_CONTROL, _USER_DEFINED)
    ]
    vocabulary = {
        token: number
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind != _UNUSED
    }
    merges = [tuple(merge.split(" ", 1)) for merge in _field(reader, "tokenizer.ggml.merges")]
    template = reader.get_field("tokenizer.chat_template")
    make_tokenizer: Any = Qwen2Tokenizer  # its annotations refuse what it takes
    tokenizer = make_tokenizer(
        vocab=vocabulary,
        merges=merges,
        eos_token=tokens[_field(reader, "tokenizer.ggml.eos_token_id")],
        pad_token=tokens[_field(reader, "tokenizer.ggml.padding_token_id")],
        unk_token=None,
        model_max_length=_field(reader, "qwen2.context_length"),
        chat_template=template.contents() if template is not None else None,
        extra_special_tokens=[token.content for token in added if token.special],
    )
    tokenizer.add_tokens(added)
    tokenizer.save_pretrained(target)
