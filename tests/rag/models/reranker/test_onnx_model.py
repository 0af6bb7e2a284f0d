"""Cross-encoders as ONNX files: a tiny one, written by hand, that counts the passage's tokens."""

from pathlib import Path

import pytest

from rag.errors import WeightsError
from rag.models.reranker.onnx_model import OnnxReranker, find_onnx


def number(field: int, value: int) -> bytes:
    """A field of a protocol buffer that is a number below 128."""
    return bytes([field << 3, value])


def block(field: int, value: bytes | str) -> bytes:
    """A field of a protocol buffer that is a text or another message."""
    data = value.encode() if isinstance(value, str) else value
    tag = field << 3 | 2
    head = bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 127 | 128, len(data) >> 7])
    return head + length + data


def tensor(name: str, kind: int) -> bytes:
    """A two-dimensional input or output of the graph."""
    shape = block(2, block(1, block(2, "pairs")) + block(1, block(2, f"of {name}")))
    return block(1, name) + block(2, block(1, number(1, kind) + shape))


def counting_model() -> bytes:
    """logits = sum over tokens of attention_mask · token_type_ids."""
    to_float = block(1, "to") + number(3, 1) + bytes([20 << 3 & 127 | 128, 1, 2])
    axes = block(1, "axes") + number(8, 1) + bytes([20 << 3 & 127 | 128, 1, 7])
    nodes = [
        block(1, "attention_mask") + block(1, "token_type_ids") + block(2, "both") + block(4, "Mul"),
        block(1, "both") + block(2, "floats") + block(4, "Cast") + block(5, to_float),
        block(1, "floats") + block(2, "logits") + block(4, "ReduceSum") + block(5, axes),
    ]
    inputs = b"".join(block(11, tensor(name, 7)) for name in ("attention_mask", "token_type_ids"))
    graph = (
        b"".join(block(1, node) for node in nodes) + block(2, "g") + inputs + block(12, tensor("logits", 1))
    )
    return number(1, 7) + block(7, graph) + block(8, block(1, "") + number(2, 12))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model whose score is the number of tokens of the passage, and of the mark that ends it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "filter", "pump", "clean"]
    vocabulary = {word: row for row, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "model.onnx").write_bytes(counting_model())
    return tmp_path


def test_texts_are_scored_in_their_order_whatever_their_lengths(folder: Path) -> None:
    reranker = OnnxReranker(folder, weight=0.5)
    texts = ["pump " * count for count in (3, 1, 7, 2, 0, 5, 4, 9, 6, 8, 1)]
    scores = reranker.score("which pump?", texts)
    assert scores.tolist() == [len(text.split()) + 1 for text in texts]
    assert reranker.score("which pump?", []).tolist() == []


def test_what_is_too_long_is_cut(folder: Path) -> None:
    reranker = OnnxReranker(folder, weight=1.0)
    most = reranker.query_tokens + reranker.passage_tokens
    (score,) = reranker.score("pump " * 500 + "\ud800", ["clean " * 5000])
    assert score <= most


def test_a_folder_without_an_onnx_file_has_none(tmp_path: Path) -> None:
    assert find_onnx(tmp_path) is None
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model.onnx").touch()
    assert find_onnx(tmp_path) == tmp_path / "onnx" / "model.onnx"


def test_a_damaged_model_is_refused_in_one_line(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(WeightsError, match="the reranker can't be loaded") as raised:
        OnnxReranker(folder, weight=1.0).score("pump?", ["clean the pump"])
    assert "\n" not in str(raised.value)
