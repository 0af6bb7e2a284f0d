"""The whole reader, with random weights: what it says is about the text that it was given."""

from pathlib import Path

import numpy as np
import pytest

from rag.errors import WeightsError
from rag.models.reader.reader import Reader
from rag.models.reader.saved import load_learned, save_learned

PASSAGES = [
    ("Pumps", "The P300 weighs 12 kg. It was launched in 2021.\nIts tube is 3 m long."),
    ("", "年假为十天。可以结转到下一年的三月。"),
    ("Empty", ""),
]


def test_what_is_found_stands_in_its_passage(tiny_reader: Reader) -> None:
    reading = tiny_reader.read("How heavy is the P300?", PASSAGES)
    assert len(reading.passages) == len(reading.likelihoods) == 3
    for (_, text), each in zip(PASSAGES, reading.passages, strict=True):
        assert 0 <= each.relevance <= 1
        assert sum(each.kinds) == pytest.approx(1, abs=1e-4)
        for span in each.spans:
            piece = text[span.start : span.end]
            assert piece and piece == piece.strip()
        for (start, end), score in each.evidence:
            assert text[start:end].strip() and 0 <= score <= 1
    assert 0 < reading.nowhere <= 1
    assert not reading.passages[2].spans and reading.likelihoods[2] == 0


def test_a_passage_is_read_the_same_beside_others_and_alone(tiny_reader: Reader) -> None:
    together = tiny_reader.read("How heavy?", PASSAGES[:2])
    alone = tiny_reader.read("How heavy?", PASSAGES[:1])
    assert together.passages[0] == alone.passages[0]
    assert together.nowhere < alone.nowhere  # more places at which the answer may stand
    assert tiny_reader.read("How heavy?", []).nowhere == 1


def test_a_long_passage_is_cut_at_its_end(tiny_reader: Reader) -> None:
    text = "The pump is new. " * 400
    (read,) = tiny_reader.read("Is it new?", [("", text)]).passages
    assert read.spans and max(each.end for each in read.spans) < len(text)


def test_what_is_kept_is_within_half_a_step(tmp_path: Path) -> None:
    arrays = {
        "a": np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32),
        "b": np.ones(3, np.float32),
    }
    save_learned(tmp_path / "r.safetensors", arrays, {"encoder": "x"})
    learned = load_learned(tmp_path / "r.safetensors")
    assert learned.card["encoder"] == "x"
    step = np.abs(arrays["a"]).max(1, keepdims=True) / 127
    assert (np.abs(learned.arrays["a"] - arrays["a"]) <= 0.5 * step + 1e-6).all()
    np.testing.assert_array_equal(learned.arrays["b"], arrays["b"])


def test_what_is_no_reader_is_named(tiny_embedder_folder: Path, tiny_learned: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.safetensors isn't a reader of the form"):
        load_learned(tiny_embedder_folder / "model.safetensors")
    with pytest.raises(WeightsError, match=r"none\.safetensors can't be read"):
        load_learned(tmp_path / "none.safetensors")
    learned = load_learned(tiny_learned)
    other = tmp_path / "other.safetensors"
    save_learned(other, learned.arrays, {"encoder": "of another model"})
    with pytest.raises(WeightsError, match="it was trained on another encoder"):
        Reader(tiny_embedder_folder, other).load()
