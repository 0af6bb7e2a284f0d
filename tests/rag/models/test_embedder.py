import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from rag.errors import ConfigError, WeightsError
from rag.models.embedder import CachedQueryEmbeddings, SentenceEmbeddings

_TEXTS = ["员工每年有十二天年假。", "The pump.", "a " * 400, "", "型号 WJ-2031-B 是什么？" * 3]


@pytest.fixture(scope="module")
def embeddings(tiny_embedder_folder: Path) -> SentenceEmbeddings:
    return SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="float32", batch_size=2)


def _with_prompts(folder: Path, target: Path, prompts: dict[str, str]) -> Path:
    shutil.copytree(folder, target)
    (target / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return target


class _Parameters:
    @pytest.fixture(autouse=True)
    def _remember(self, tiny_embedder_folder: Path) -> None:
        self.folder = tiny_embedder_folder

    @property
    def embeddings_class(self) -> type[SentenceEmbeddings]:
        return SentenceEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"folder": self.folder, "device": "cpu"}


class TestStandardUnit(_Parameters, EmbeddingsUnitTests):
    """LangChain's own suite."""


class TestStandardIntegration(_Parameters, EmbeddingsIntegrationTests):
    """LangChain's own suite."""


def passages(embeddings: SentenceEmbeddings, texts: list[str]) -> NDArray[np.float32]:
    return np.array(embeddings.embed_documents(texts), np.float32)


def test_vectors_are_those_of_sentence_transformers(
    embeddings: SentenceEmbeddings, tiny_embedder_folder: Path
) -> None:
    reference = SentenceTransformer(str(tiny_embedder_folder), device="cpu")
    expected = reference.encode(_TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(passages(embeddings, _TEXTS), expected, atol=1e-6)


def test_order_is_kept_whatever_the_lengths(embeddings: SentenceEmbeddings) -> None:
    together = passages(embeddings, _TEXTS)
    for text, vector in zip(_TEXTS, together, strict=True):
        np.testing.assert_allclose(passages(embeddings, [text])[0], vector, atol=1e-6)


@given(texts=st.lists(st.text(st.characters(), max_size=60), max_size=5))  # half surrogate pairs among them
def test_any_text_has_a_vector_of_length_one(embeddings: SentenceEmbeddings, texts: list[str]) -> None:
    vectors = passages(embeddings, texts).reshape(len(texts), 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_bfloat16_still_gives_float32_of_length_one(tiny_embedder_folder: Path) -> None:
    rough = SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="bfloat16")
    exact = SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="float32")
    vectors = passages(rough, _TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert np.all(np.sum(vectors * passages(exact, _TEXTS), axis=1) > 0.99)


def test_a_question_far_longer_than_the_model_reads_is_cut(embeddings: SentenceEmbeddings) -> None:
    assert len(embeddings.embed_query("年假" * 25_000)) == 32


def test_threads_share_one_model(tiny_embedder_folder: Path) -> None:
    embeddings = SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="float32")
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(embeddings.embed_query, _TEXTS * 4))
    for text, vector in zip(_TEXTS * 4, vectors, strict=True):
        np.testing.assert_allclose(embeddings.embed_query(text), vector, atol=1e-6)


def test_the_models_own_prompts_are_its_prefixes(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    prompts = {"query": "query: ", "document": "passage: "}
    embeddings = SentenceEmbeddings(
        _with_prompts(tiny_embedder_folder, tmp_path / "e", prompts), device="cpu"
    )
    bare = SentenceEmbeddings(tiny_embedder_folder, device="cpu")
    assert embeddings.fingerprint.query_prefix == "query: "
    assert embeddings.fingerprint.passage_prefix == "passage: "
    np.testing.assert_allclose(embeddings.embed_query("年假"), bare.embed_query("query: 年假"), atol=1e-6)
    np.testing.assert_allclose(
        embeddings.embed_documents(["年假"]), bare.embed_documents(["passage: 年假"]), atol=1e-6
    )


def test_given_prefixes_win_even_if_empty(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    folder = _with_prompts(tiny_embedder_folder, tmp_path / "e", {"query": "query: ", "passage": "passage: "})
    fingerprint = SentenceEmbeddings(folder, query_prefix="", passage_prefix="文：").fingerprint
    assert (fingerprint.query_prefix, fingerprint.passage_prefix) == ("", "文：")


def test_the_fingerprint_tells_models_apart(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    fingerprint = SentenceEmbeddings(tiny_embedder_folder, name="tiny").fingerprint
    assert (fingerprint.name, fingerprint.dimension, len(fingerprint.digest)) == ("tiny", 32, 64)
    assert fingerprint == SentenceEmbeddings(tiny_embedder_folder, name="tiny").fingerprint
    shutil.copytree(tiny_embedder_folder, tmp_path / "other")
    (weights,) = (tmp_path / "other").rglob("*.safetensors")
    values = load_file(weights)
    values["embeddings.LayerNorm.bias"][0] += 1
    save_file(values, weights, {"format": "pt"})
    assert SentenceEmbeddings(tmp_path / "other", name="tiny").fingerprint.digest != fingerprint.digest


def test_the_declared_dimension_is_that_of_the_vectors(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_embedder_folder, tmp_path / "cut")
    configuration = tmp_path / "cut" / "config_sentence_transformers.json"
    configuration.write_text(json.dumps({"truncate_dim": 8}))
    for folder, dimension in ((tiny_embedder_folder, 32), (tmp_path / "cut", 8)):
        embeddings = SentenceEmbeddings(folder, device="cpu")
        assert embeddings.fingerprint.dimension == dimension
        assert passages(embeddings, ["年假"]).shape == (1, dimension)
        assert embeddings.embed_documents([]) == []


def test_a_plain_encoder_is_mean_pooled(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(next(tiny_embedder_folder.rglob(name)), tmp_path / name)
    embeddings = SentenceEmbeddings(tmp_path, device="cpu")
    assert embeddings.fingerprint.dimension == 32
    assert len(embeddings.embed_query("年假")) == 32


def test_a_folder_that_holds_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match=f"the embedder '{tmp_path.name}' can't be loaded") as raised:
        SentenceEmbeddings(tmp_path, device="cpu").embed_query("年假")
    assert "\n" not in str(raised.value)


def test_pickled_weights_are_refused(tiny_embedder_folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    shutil.copytree(tiny_embedder_folder, tmp_path / "pickled")
    (weights,) = (tmp_path / "pickled").rglob("*.safetensors")
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    with pytest.raises(WeightsError, match="can't be loaded"):
        SentenceEmbeddings(tmp_path / "pickled", device="cpu").embed_query("年假")


def test_a_device_that_is_not_there_is_said_when_it_is_needed(tiny_embedder_folder: Path) -> None:
    embeddings = SentenceEmbeddings(tiny_embedder_folder, device="cuda:99")
    with pytest.raises(ConfigError, match="cuda:99"):
        embeddings.embed_query("年假")


def test_a_short_query_leaves_the_number_of_threads_as_it_was(tiny_embedder_folder: Path) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        SentenceEmbeddings(tiny_embedder_folder, device="cpu").embed_query("年假")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_query_is_embedded_once_until_others_took_its_place(word_embeddings: Any) -> None:
    cached = CachedQueryEmbeddings(word_embeddings, size=2)
    first = cached.embed_query("pump")
    first[0] = 7.0  # what a caller does with its vector changes nobody else's
    assert cached.embed_query("pump") == word_embeddings.embed_query("pump") != first
    assert word_embeddings.queries == ["pump", "pump"]
    for each in ("hose", "valve", "pump"):
        cached.embed_query(each)
    assert word_embeddings.queries == ["pump", "pump", "hose", "valve", "pump"]
