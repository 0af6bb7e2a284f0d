"""The 4-bit multilingual-e5-small file (magic ``E5S1``) to a SentenceTransformer folder.

The file holds a BERT encoder in blocks of 4-bit weights, and XLM-R's unigram vocabulary with its
normalization map. Everything is little-endian and stands in this order: shape, vocabulary, normalization map,
tensor directory, tensors. Weights are written as float16: that keeps their 4-bit values to one part in 2000
and halves the folder.
"""

import json
import math
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError
from rag.models.weights.charsmap import build_charsmap
from rag.models.weights.safetensors_file import TensorPlan, write_safetensors

SOURCE = "model.e5s1"
PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
_MAGIC = b"E5S1"
_BLOCK = 32  # weights of a Q4_0 block
_BLOCK_BYTES = 18  # a float16 scale and 32 nibbles
_FLOAT32, _Q4_0 = 0, 1
_PIECE_BLOCKS = 1 << 16  # dequantized at a time: 8 MB as float32
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_SUFFIXES = {"w": "weight", "b": "bias"}


class _Tensor(NamedTuple):
    kind: int
    elements: int
    offset: int
    size: int


class _Header(NamedTuple):
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    layer_norm_eps: float
    pieces: list[tuple[str, float]]  # the piece and its log probability; the index is the token id
    bos: int
    eos: int
    pad: int
    unk: int
    normalization: dict[str, str]
    tensors: dict[str, _Tensor]


def convert_e5s1(source: Path, target: Path, on_bytes: Callable[[int], object] = lambda count: None) -> None:
    """Write into the folder ``target`` what ``SentenceTransformer`` loads.

    ``on_bytes`` is told how many bytes of the source were just dealt with.

    Raises:
        WeightsError: ``source / "model.e5s1"`` doesn't have the expected layout.
        OSError: a file can't be read or written.
    """
    path = source / SOURCE
    try:
        header = _read_header(path)
        plans = [_plan(path, header, *item, on_bytes) for item in _shapes(header).items()]
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise WeightsError(f"{path} isn't an E5S1 file that can be read: {error}") from error
    write_safetensors(target / "model.safetensors", [*plans, *_pooler(header)])
    _write_tokenizer(header, target)
    _write_configuration(header, target)


class _Reader:
    """Reads values one after the other; ``struct.error`` where the file ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def value(self, layout: str) -> Any:
        return self.values(layout)[0]

    def raw(self, count: int) -> bytes:
        return bytes(self.value(f"{count}s"))


def _read_header(path: Path) -> _Header:
    reader = _Reader(path.read_bytes())
    magic, version = reader.values("4sI")
    if magic != _MAGIC or version != 1:
        raise ValueError(f"it begins with {magic!r}, version {version}")
    shape = reader.values("7i")
    eps = reader.value("f")
    block = reader.value("i")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights instead of {_BLOCK}")
    count, bos, eos, pad, unk = reader.values("5i")
    blob_size = reader.value("Q")
    ends = reader.values(f"{count + 1}I")
    scores = reader.values(f"{count}f")
    blob = reader.raw(blob_size)
    pieces = [(blob[ends[i] : ends[i + 1]].decode(), scores[i]) for i in range(count)]
    entries, _ = reader.values("iI")
    normalization = {}
    for _ in range(entries):
        code, length = reader.values("IB")
        normalization[chr(code)] = "".join(map(chr, reader.values(f"{length}I")))
    tensors = {}
    for _ in range(reader.value("i")):
        name = reader.raw(reader.value("H")).decode()
        tensors[name] = _Tensor(*reader.values("BIQQ"))
    return _Header._make((*shape, eps, pieces, bos, eos, pad, unk, normalization, tensors))


def _shapes(header: _Header) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The file's tensor names -> BERT's names and shapes (outputs × inputs)."""
    hidden, feed_forward = header.hidden, header.feed_forward
    shapes: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": ("embeddings.word_embeddings.weight", (header.vocabulary, hidden)),
        "emb.pos": ("embeddings.position_embeddings.weight", (header.positions, hidden)),
        "emb.type": ("embeddings.token_type_embeddings.weight", (header.token_types, hidden)),
        "emb.ln.w": ("embeddings.LayerNorm.weight", (hidden,)),
        "emb.ln.b": ("embeddings.LayerNorm.bias", (hidden,)),
    }
    outputs_inputs = {"fi": (feed_forward, hidden), "fo": (hidden, feed_forward)}
    for layer in range(header.layers):
        for short, long in _LAYER_NAMES.items():
            outputs, inputs = outputs_inputs.get(short, (hidden, hidden))
            for suffix, meaning in _SUFFIXES.items():
                matrix = suffix == "w" and not short.endswith("ln")
                shapes[f"l{layer}.{short}.{suffix}"] = (
                    f"encoder.layer.{layer}.{long}.{meaning}",
                    (outputs, inputs) if matrix else (outputs,),
                )
    return shapes


def _pooler(header: _Header) -> list[TensorPlan]:
    """BERT's pooler, as zeros: the file doesn't hold it and mean pooling doesn't use it, but BERT has one."""
    shapes = {"pooler.dense.weight": (header.hidden, header.hidden), "pooler.dense.bias": (header.hidden,)}
    return [
        TensorPlan(name, "F16", shape, partial(iter, [np.zeros(shape, np.float32)]))
        for name, shape in shapes.items()
    ]


def _plan(
    path: Path,
    header: _Header,
    name: str,
    bert: tuple[str, tuple[int, ...]],
    on_bytes: Callable[[int], object],
) -> TensorPlan:
    tensor = header.tensors[name]
    bert_name, shape = bert
    if tensor.elements != math.prod(shape):
        raise ValueError(f"'{name}' has {tensor.elements} values for the shape {shape}")
    sizes = {_FLOAT32: 4 * tensor.elements, _Q4_0: tensor.elements // _BLOCK * _BLOCK_BYTES}
    if sizes.get(tensor.kind) != tensor.size or tensor.offset + tensor.size > path.stat().st_size:
        raise ValueError(f"'{name}' doesn't lie where the directory says")
    return TensorPlan(bert_name, "F16", shape, partial(_pieces, path, tensor, on_bytes))


def _pieces(path: Path, tensor: _Tensor, on_bytes: Callable[[int], object]) -> Iterator[NDArray[np.float32]]:
    step = _PIECE_BLOCKS * (_BLOCK_BYTES if tensor.kind == _Q4_0 else 4 * _BLOCK)
    with path.open("rb") as file:
        file.seek(tensor.offset)
        for start in range(0, tensor.size, step):
            raw = np.frombuffer(file.read(min(step, tensor.size - start)), np.uint8)
            yield _dequantize(raw) if tensor.kind == _Q4_0 else raw.view("<f4")
            on_bytes(raw.size)


def _dequantize(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Q4_0 blocks to values: (nibble - 8) × scale, low nibbles first."""
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    return (nibbles.astype(np.float32) - 8.0) * scales


def _write_tokenizer(header: _Header, target: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    bos, eos, pad, unk = (header.pieces[each][0] for each in (header.bos, header.eos, header.pad, header.unk))
    tokenizer = Tokenizer(Unigram(header.pieces, unk_id=header.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(build_charsmap(header.normalization))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, header.bos), (eos, header.eos)],
    )
    tokenizer.add_special_tokens([AddedToken(each, normalized=False) for each in (bos, pad, eos, unk)])
    make_tokenizer: Any = PreTrainedTokenizerFast  # it has no annotations
    make_tokenizer(
        tokenizer_object=tokenizer,
        bos_token=bos,
        eos_token=eos,
        cls_token=bos,
        sep_token=eos,
        pad_token=pad,
        unk_token=unk,
        model_max_length=header.positions,
    ).save_pretrained(target)


def _write_configuration(header: _Header, target: Path) -> None:
    """BERT's configuration and the modules of sentence-transformers: encoder, mean pooling, L2 norm."""
    from transformers import BertConfig

    BertConfig(
        architectures=["BertModel"],
        dtype="float16",
        vocab_size=header.vocabulary,
        hidden_size=header.hidden,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.feed_forward,
        max_position_embeddings=header.positions,
        type_vocab_size=header.token_types,
        layer_norm_eps=header.layer_norm_eps,
        pad_token_id=header.pad,
    ).save_pretrained(target)
    modules = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    documents: dict[str, Any] = {
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (kind, path) in enumerate(modules)
        ],
        "sentence_bert_config.json": {"max_seq_length": header.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": header.hidden,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
            "include_prompt": True,
        },
    }
    for name, document in documents.items():
        file = target / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")
    (target / "2_Normalize").mkdir(exist_ok=True)
