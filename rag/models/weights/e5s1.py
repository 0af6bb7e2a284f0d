"""The 4-bit multilingual-e5-small file (magic ``E5S1``) to a SentenceTransformer folder.

The file holds a BERT encoder in blocks of 4-bit weights, and XLM-R's unigram vocabulary with its
normalization map. Everything is little-endian and stands in this order: shape, vocabulary, normalization map,
tensor directory, tensors. Weights are written as float16: that keeps their 4-bit values to one part in 2000
and halves the folder.
"""

import json
import re
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gguf import GGMLQuantizationType

from rag.errors import WeightsError
from rag.models.weights.safetensors_file import Tensor, dequantized, write_safetensors

SOURCE = "model.e5s1"
PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
_MAGIC = b"E5S1"
_BLOCK = 32  # weights of a Q4_0 block
_SHAPE = (  # what the file begins with, by BERT's names
    *("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size"),
    *("max_position_embeddings", "type_vocab_size"),
)
_KINDS = {0: GGMLQuantizationType.F32, 1: GGMLQuantizationType.Q4_0}
_NAMES = {  # BERT's -> the file's; of the layers, by what stands behind "encoder.layer.N."
    "embeddings.word_embeddings.weight": "emb.word",
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm": "emb.ln",
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


class _Place(NamedTuple):
    kind: int
    offset: int
    size: int


class _Header(NamedTuple):
    shape: dict[str, int]
    layer_norm_eps: float
    pieces: list[tuple[str, float]]  # the piece and its log probability; the index is the token id
    bos: int
    eos: int
    pad: int
    unk: int
    normalization: list[tuple[str, str]]  # a character and what stands for it
    tensors: dict[str, _Place]


def convert_e5s1(source: Path, target: Path) -> None:
    """Write into the folder ``target`` what ``SentenceTransformer`` loads.

    Raises:
        WeightsError: ``source / "model.e5s1"`` doesn't have the expected layout.
        OSError: a file can't be read or written.
    """
    path = source / SOURCE
    try:
        header = _read_header(path)
        configuration = _configuration(header)
        tensors = _tensors(path, header, configuration)
        write_safetensors(target / "model.safetensors", tensors, GGMLQuantizationType.F16)
    except (struct.error, UnicodeDecodeError, KeyError, ValueError) as error:
        raise WeightsError(f"{path} isn't an E5S1 file that can be read: {error}") from error
    configuration.save_pretrained(target)
    _write_tokenizer(header, target)
    _write_modules(header, target)


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


def _read_header(path: Path) -> _Header:
    reader = _Reader(path.read_bytes())
    magic, version = reader.values("4sI")
    if magic != _MAGIC or version != 1:
        raise ValueError(f"it begins with {magic!r}, version {version}")
    shape = dict(zip(_SHAPE, reader.values("7i"), strict=True))
    eps = reader.value("f")
    block = reader.value("i")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights instead of {_BLOCK}")
    count, bos, eos, pad, unk = reader.values("5i")
    blob_size = reader.value("Q")
    ends = reader.values(f"{count + 1}I")
    scores = reader.values(f"{count}f")
    blob = reader.value(f"{blob_size}s")
    pieces = [(blob[ends[i] : ends[i + 1]].decode(), scores[i]) for i in range(count)]
    entries, _ = reader.values("iI")
    normalization = []
    for _ in range(entries):
        code, length = reader.values("IB")
        normalization.append((chr(code), "".join(map(chr, reader.values(f"{length}I")))))
    tensors = {}
    for _ in range(reader.value("i")):
        name = reader.value(f"{reader.value('H')}s").decode()
        tensors[name] = _Place(*reader.values("B4xQQ"))  # without the count of its elements
    return _Header(shape, eps, pieces, bos, eos, pad, unk, normalization, tensors)


def _tensors(path: Path, header: _Header, configuration: Any) -> list[Tensor]:
    """BERT's tensors in its own order, from the file's."""
    import torch
    from transformers import BertModel

    make_model: Any = BertModel  # it has no annotations
    with torch.device("meta"):
        shapes = {name: tuple(value.shape) for name, value in make_model(configuration).state_dict().items()}
    tensors = []
    for name, shape in shapes.items():
        if name.startswith("pooler."):
            # The file doesn't hold it and mean pooling doesn't use it, but BERT has one.
            tensors.append(Tensor(name, shape, [np.zeros(shape, np.float32)]))
        else:
            place = header.tensors[_source_name(name)]
            pieces = dequantized(path, place.offset, place.size, _KINDS[place.kind])
            tensors.append(Tensor(name, shape, pieces))
    return tensors


def _source_name(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    stem, _, suffix = name.rpartition(".")
    if layer := re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", stem):
        return f"l{layer[1]}.{_NAMES[layer[2]]}.{suffix[0]}"
    return f"{_NAMES[stem]}.{suffix[0]}"


def _write_tokenizer(header: _Header, target: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    bos, eos, pad, unk = (header.pieces[each][0] for each in (header.bos, header.eos, header.pad, header.unk))
    tokenizer = Tokenizer(Unigram(header.pieces, unk_id=header.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(precompiled_map(header.normalization))
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
        model_max_length=header.shape["max_position_embeddings"],
    ).save_pretrained(target)


def precompiled_map(rules: list[tuple[str, str]]) -> bytes:
    """SentencePiece's form of the normalization map.

    Generic normal forms won't do instead: the map differs from NFKC (control characters vanish, "～" stays).
    """
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    messages: Any = sentencepiece_model_pb2  # its classes are made while it is imported
    sentencepiece.set_min_log_level(1)  # it tells on standard error what it does
    normalizer = sentencepiece.SentencePieceNormalizer(norm_map=rules)
    specification = messages.NormalizerSpec.FromString(normalizer.serialized_normalizer_spec())
    charsmap: bytes = specification.precompiled_charsmap
    return charsmap


def _configuration(header: _Header) -> Any:
    from transformers import BertConfig

    return BertConfig(
        architectures=["BertModel"],
        dtype="float16",
        **header.shape,
        layer_norm_eps=header.layer_norm_eps,
        pad_token_id=header.pad,
    )


def _write_modules(header: _Header, target: Path) -> None:
    """The modules of sentence-transformers: encoder, mean pooling, L2 norm."""
    modules = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    documents: dict[str, Any] = {
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (kind, path) in enumerate(modules)
        ],
        "sentence_bert_config.json": {
            "max_seq_length": header.shape["max_position_embeddings"],
            "do_lower_case": False,
        },
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": header.shape["hidden_size"],
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
