"""GGUF to a transformers folder: bfloat16 safetensors, configuration, tokenizer (Qwen2 architecture).

transformers reads GGUF itself, but takes a minute or two each time and the whole model in memory; a folder
made once loads in seconds. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The values are
those of gguf's own dequantization, rounded to bfloat16.
"""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import MODEL_ARCH, GGMLQuantizationType, GGUFReader, get_tensor_name_map
from gguf.quants import dequantize

from rag.errors import WeightsError
from rag.models.weights.safetensors_file import Tensor, dequantized, write_safetensors

SOURCE = "model.gguf"
_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5  # token types of the GGUF specification


def convert_gguf(source: Path, target: Path) -> None:
    """Write into the folder ``target`` what ``AutoModelForCausalLM`` and ``AutoTokenizer`` load.

    Raises:
        WeightsError: ``source / "model.gguf"`` isn't a Qwen2 model that this can convert.
        OSError: a file can't be read or written.
    """
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
    config = _config(reader, int(tensors["token_embd.weight"].shape[1]), _tie_embeddings(tensors))
    names = _transformers_names(config)
    if unknown := tensors.keys() - names.keys():
        raise WeightsError(f"{path} has a tensor '{min(unknown)}' that a Qwen2 model doesn't have")
    config.save_pretrained(target)
    _write_tokenizer(reader, target)
    converted = [
        Tensor(
            names[name],
            tuple(int(size) for size in reversed(tensor.shape)),  # GGUF names the fastest dimension first
            dequantized(path, int(tensor.data_offset), int(tensor.n_bytes), tensor.tensor_type),
        )
        for name, tensor in tensors.items()
    ]
    write_safetensors(target / "model.safetensors", converted, GGMLQuantizationType.BF16)


def _field(reader: Any, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise WeightsError(f"the GGUF file lacks the field '{key}'")
    return field.contents()


def _tie_embeddings(tensors: dict[str, Any]) -> bool:
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
    left, right = (dequantize(each.data[sampled], each.tensor_type) for each in (embedding, output))
    cosine = np.sum(left * right) / (np.linalg.norm(left) * np.linalg.norm(right))
    if cosine < 0.95:
        return False
    if output.n_bytes > embedding.n_bytes:
        tensors["token_embd.weight"] = output
    del tensors["output.weight"]
    return True


def _transformers_names(config: Any) -> dict[str, str]:
    """The names of a model's tensors in GGUF and in transformers."""
    import torch
    from transformers import Qwen2ForCausalLM

    with torch.device("meta"):
        names = Qwen2ForCausalLM(config).state_dict().keys()
    gguf_names = get_tensor_name_map(MODEL_ARCH.QWEN2, config.num_hidden_layers)
    return {str(gguf_names.get_name(name, (".weight", ".bias"))): name for name in names}


def _config(reader: Any, vocabulary: int, tied: bool) -> Any:
    from transformers import Qwen2Config

    bos, eos, pad = (
        int(_field(reader, f"tokenizer.ggml.{each}_token_id")) for each in ("bos", "eos", "padding")
    )
    return Qwen2Config(
        architectures=["Qwen2ForCausalLM"],
        dtype="bfloat16",
        vocab_size=vocabulary,
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
        eos_token_id=sorted({eos, bos}, reverse=True),  # the end of a turn and that of the text
        pad_token_id=pad,
    )


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
