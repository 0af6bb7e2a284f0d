"""The reranker on the embedder's own weights, with random adapters on the tiny embedder."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from rag.errors import ConfigError, WeightsError
from rag.models.embedder import CachedQueryEmbeddings, SentenceEmbeddings
from rag.models.reranker import build_reranker
from rag.models.reranker.joint import JointReranker
from rag.models.reranker.joint_model import JointHead, adapted_matrices, first_layers
from rag.settings import RerankerSettings

TEXTS = [
    "The pump must be cleaned.",
    "员工每年有十二天年假。",
    "a " * 900,
    "",
    "型号 WJ-2031-B 是什么？" * 3,
] * 3


@pytest.fixture
def embeddings(tiny_embedder_folder: Path) -> SentenceEmbeddings:
    return SentenceEmbeddings(tiny_embedder_folder, device="cpu", dtype="float32")


@pytest.fixture
def write(embeddings: SentenceEmbeddings, tmp_path: Path) -> Callable[..., Path]:
    """Writes an adapter of random numbers for the embedder's first layer."""

    def written(size: float = 0.5, **facts: str) -> Path:
        random = torch.Generator().manual_seed(3)
        _, encoder = embeddings.shared_encoder()
        tensors = {}
        for name, matrix in adapted_matrices(first_layers(encoder, 1)):
            tensors[f"{name}.down"] = torch.randn(4, matrix.in_features, generator=random)
            tensors[f"{name}.up"] = size * torch.randn(matrix.out_features, 4, generator=random)
        for name, value in JointHead(encoder.config.hidden_size).state_dict().items():
            tensors[f"head.{name}"] = torch.randn(value.shape, generator=random)
        file = tmp_path / "adapter.safetensors"
        base = embeddings.fingerprint.digest
        save_file(tensors, file, {"format": "1", "base": base, "layers": "1", "weight": "0.5", **facts})
        return file

    return written


def test_each_text_is_scored_by_itself(embeddings: SentenceEmbeddings, write: Callable[..., Path]) -> None:
    reranker = JointReranker(embeddings, write())
    scores = reranker.score("水泵多久清洗一次？", TEXTS)
    alone = [reranker.score("水泵多久清洗一次？", [text])[0] for text in TEXTS]
    np.testing.assert_allclose(scores, alone, atol=1e-4)
    assert len({round(score, 3) for score in alone}) == 5
    assert reranker.weight == 0.5
    assert reranker.score("?", []).shape == (0,)


def test_threads_change_no_score(embeddings: SentenceEmbeddings, write: Callable[..., Path]) -> None:
    reranker = JointReranker(embeddings, write())
    expected = reranker.score("pump?", TEXTS)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        np.testing.assert_allclose(reranker.score("pump?", TEXTS), expected, atol=1e-4)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_embedder_stays_as_it_is_and_shares_its_vocabulary(
    embeddings: SentenceEmbeddings, write: Callable[..., Path]
) -> None:
    before = embeddings.embed_documents(TEXTS)
    reranker = JointReranker(embeddings, write())
    reranker.load()
    np.testing.assert_array_equal(embeddings.embed_documents(TEXTS), before)
    _, encoder = embeddings.shared_encoder()
    cut = first_layers(encoder, 1)
    assert cut.embeddings.word_embeddings.weight is not None
    assert (
        cut.embeddings.word_embeddings.weight.data_ptr()
        == encoder.embeddings.word_embeddings.weight.data_ptr()
    )


def test_the_adapter_makes_the_difference(embeddings: SentenceEmbeddings, write: Callable[..., Path]) -> None:
    scores = [JointReranker(embeddings, write(size)).score("pump?", TEXTS[:2]) for size in (0.0, 0.5)]
    assert np.abs(scores[0] - scores[1]).max() > 1e-3


def test_the_first_layers_give_what_the_whole_gives_there(embeddings: SentenceEmbeddings) -> None:
    tokenizer, encoder = embeddings.shared_encoder()
    inputs = tokenizer(["The pump."], return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        whole = encoder(**inputs, output_hidden_states=True).hidden_states[1]
        cut = first_layers(encoder, 1)(**inputs).last_hidden_state
    torch.testing.assert_close(cut, whole)


def test_an_adapter_of_another_embedder_is_refused(
    embeddings: SentenceEmbeddings, write: Callable[..., Path]
) -> None:
    with pytest.raises(WeightsError, match="was trained on another embedder than 'tiny-embedder") as raised:
        JointReranker(embeddings, write(base="0" * 64))
    assert "[reranker] model" in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_is_no_adapter_is_refused(
    embeddings: SentenceEmbeddings, write: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match="is of format 9"):
        JointReranker(embeddings, write(format="9"))
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing")
    for name in ("damaged.safetensors", "missing.safetensors"):
        with pytest.raises(WeightsError, match="can't be read"):
            JointReranker(embeddings, tmp_path / name)


def test_on_the_best_device_it_runs_too(tiny_embedder_folder: Path, write: Callable[..., Path]) -> None:
    embeddings = SentenceEmbeddings(tiny_embedder_folder, device="auto")
    scores = JointReranker(embeddings, write()).score("pump?", TEXTS)
    assert scores.shape == (len(TEXTS),) and np.isfinite(scores).all()


def test_without_a_model_there_is_no_reranker(embeddings: SentenceEmbeddings) -> None:
    assert build_reranker(RerankerSettings(model=""), embeddings) is None


def test_the_bilingual_one_needs_the_embedder_that_it_was_trained_on(
    embeddings: SentenceEmbeddings,
) -> None:
    from langchain_core.embeddings import DeterministicFakeEmbedding

    with pytest.raises(WeightsError, match="another embedder"):
        build_reranker(RerankerSettings(model="bilingual"), CachedQueryEmbeddings(embeddings))
    with pytest.raises(ConfigError, match="DeterministicFakeEmbedding"):
        build_reranker(RerankerSettings(model="bilingual"), DeterministicFakeEmbedding(size=8))
