"""Adapters in the form that llama.cpp reads: LoRA in a GGUF file, in float32, made when it is first needed.

Layout: ``convert_lora_to_gguf.py`` of https://github.com/ggml-org/llama.cpp. The rows and columns
of a Qwen2 model's matrices stand in the same order in both.
"""

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import deserialize

from rag.errors import WeightsError
from rag.files import cache_folder, file_digest, write_atomically
from rag.models.generator.adapter import read_facts
from rag.models.weights.gguf_header import read_gguf_fields

_MADE_FROM = "wenju.adapter.sha256"
_TENSOR = re.compile(r"model\.layers\.(\d+)\.(.+)\.(down|up)")
_MATRICES = {
    **{f"self_attn.{each}_proj": f"attn_{each}" for each in "qkv"},
    "self_attn.o_proj": "attn_output",
    **{f"mlp.{each}_proj": f"ffn_{each}" for each in ("gate", "up", "down")},
}


def lora_of(adapter: Path) -> Path:
    """The adapter's file for llama.cpp, in the cache folder; written if it isn't there and whole.

    Raises:
        WeightsError: as `write_lora`, or the cache folder can't be written.
    """
    try:
        digest = file_digest(adapter)
        file = cache_folder() / "adapters" / f"{digest}.gguf"
        if not _is_made_from(file, digest):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, partial(write_lora, adapter))
    except OSError as error:
        raise WeightsError(f"can't make {adapter} ready for llama.cpp: {error}") from error
    return file


def write_lora(adapter: Path, target: Path) -> None:
    """Write an adapter of a Qwen2 model (`rag.models.generator.adapter`) as llama.cpp reads it.

    The fields ``wenju.adapter.sha256``, ``base`` and ``instructions`` say what it was made from.

    Raises:
        WeightsError: the adapter can't be read, or holds what llama.cpp has no place for.
        OSError: the file can't be written.
    """
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import dequantize

    facts = read_facts(adapter)
    tensors = {}
    read: Any = deserialize  # it has no annotations
    for name, raw in sorted(read(adapter.read_bytes())):
        kind = GGMLQuantizationType[raw["dtype"]]
        tensors[_name(adapter, name)] = dequantize(np.frombuffer(raw["data"], np.uint8), kind).reshape(
            raw["shape"]
        )
    ranks = {tensor.shape[name.endswith("_b")] for name, tensor in tensors.items()}
    if len(ranks) != 1:
        raise WeightsError(f"{adapter} has matrices of {len(ranks)} ranks; llama.cpp knows one")
    writer = GGUFWriter(target, "qwen2")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", ranks.pop())  # divided by the rank, it leaves them as they are
    writer.add_string(_MADE_FROM, file_digest(adapter))
    for key in ("base", "instructions"):
        writer.add_string(f"wenju.adapter.{key}", facts[key])
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _name(adapter: Path, name: str) -> str:
    parts = _TENSOR.fullmatch(name)
    if parts is None or parts[2] not in _MATRICES:
        raise WeightsError(f"{adapter} adds to '{name}', which llama.cpp has no place for")
    return f"blk.{parts[1]}.{_MATRICES[parts[2]]}.weight.lora_{'a' if parts[3] == 'down' else 'b'}"


def _is_made_from(file: Path, digest: str) -> bool:
    try:
        return read_gguf_fields(file).get(_MADE_FROM) == digest
    except WeightsError:  # not there, or cut
        return False
