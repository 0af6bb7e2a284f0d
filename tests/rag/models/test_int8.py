"""The 8-bit form of an embedder: near the other formats, the same for a text wherever it stands."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.errors import ConfigError, WeightsError
from rag.files import cache_folder
from rag.models import int8_file
from rag.models.embedder import SentenceEmbeddings
from rag.models.int8_encoder import Int8Encoder
from rag.models.int8_file import int8_file_for, prepare_int8
from rag.models.torch_encoder import TorchEncoder
from rag.models.weights.cache import Manifest

TEXTS = ["员工每年有十二天年假。", "The pump.", "a " * 400, "", "型号 WJ-2031-B 是什么？" * 3, "half \ud800"]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of the module's own, in which the form is made once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield cache_folder()


@pytest.fixture(scope="module")
def embeddings(tiny_embedder_folder: Path) -> SentenceEmbeddings:
    return SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="int8")


def vectors(embeddings: SentenceEmbeddings, texts: list[str]) -> NDArray[np.float32]:
    return np.array(embeddings.embed_documents(texts), np.float32)


def test_its_vectors_are_near_those_in_float32(
    embeddings: SentenceEmbeddings, tiny_embedder_folder: Path
) -> None:
    exact = SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="float32")
    found = vectors(embeddings, TEXTS)
    assert found.shape == (len(TEXTS), 32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    near = np.sum(found * vectors(exact, TEXTS), axis=1)[:3]  # random weights magnify what is rounded off
    assert near.min() > 0.7 and near.max() > 0.99
    assert embeddings.fingerprint == exact.fingerprint


def test_a_vector_depends_on_its_text_alone(embeddings: SentenceEmbeddings) -> None:
    together = vectors(embeddings, TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_array_equal(vectors(embeddings, [text])[0], vector)
        np.testing.assert_array_equal(np.array(embeddings.embed_query(text), np.float32), vector)


def test_a_text_is_cut_where_the_model_ends(embeddings: SentenceEmbeddings) -> None:
    long, longer = vectors(embeddings, ["a " * 300, "a " * 500 + "the pump"])
    np.testing.assert_array_equal(long, longer)


def test_auto_takes_the_form_where_it_is_prepared_and_the_quickest(
    tiny_embedder_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = prepare_int8(tiny_embedder_folder)
    monkeypatch.setattr(int8_file, "suits_int8", lambda device: True)
    assert int8_file_for(tiny_embedder_folder, "auto", "auto") is None  # it wasn't pulled by its name
    monkeypatch.setattr(Manifest, "read", lambda folder: object())
    monkeypatch.setattr(int8_file, "_file", lambda folder: file)
    assert int8_file_for(tiny_embedder_folder, "auto", "auto") == file
    assert int8_file_for(tiny_embedder_folder, "float32", "auto") is None
    for dtype, kind in (("auto", Int8Encoder), ("float32", TorchEncoder)):
        made = SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype=dtype)  # type: ignore[arg-type]
        made.load()
        assert type(made._loaded) is kind
    monkeypatch.setattr(int8_file, "suits_int8", lambda device: False)
    assert int8_file_for(tiny_embedder_folder, "auto", "auto") is None
    monkeypatch.setattr(int8_file, "suits_int8", lambda device: True)
    monkeypatch.setattr(int8_file, "_file", lambda folder: tmp_path / "absent.onnx")
    assert int8_file_for(tiny_embedder_folder, "auto", "auto") is None  # not prepared


def test_it_is_for_the_cpu_and_for_plain_encoders(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='"int8" is for the CPU, not for "cuda"'):
        SentenceEmbeddings(tiny_embedder_folder, device="cuda", dtype="int8").load()
    other = tmp_path / "other"
    shutil.copytree(tiny_embedder_folder, other)
    with (other / "model.safetensors").open("ab") as weights:
        weights.write(b" ")  # other weights
    pooling = next(other.glob("1_*/config.json"))
    told = json.loads(pooling.read_text(encoding="utf-8"))
    pooling.write_text(json.dumps({**told, "pooling_mode": "cls"}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"has no 8-bit form.*embedder\.dtype = \"auto\""):
        SentenceEmbeddings(other, device="cpu", dtype="int8").load()


def test_a_damaged_file_is_reported_in_one_line(tiny_embedder_folder: Path, cache: Path) -> None:
    file = prepare_int8(tiny_embedder_folder)
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    try:
        with pytest.raises(WeightsError, match=r"can't be loaded from .*delete that file") as caught:
            SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="int8").load()
    finally:
        file.write_bytes(whole)
    assert "\n" not in str(caught.value)
