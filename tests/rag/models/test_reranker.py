"""Cross-encoders of sentence-transformers from folders, with a tiny random one."""

from pathlib import Path

import numpy as np
import pytest

from rag.errors import ConfigError, WeightsError
from rag.models.reranker import CrossEncoderReranker, build_reranker
from rag.settings import RerankerSettings

TEXTS = ["The pump must be cleaned.", "员工每年有十二天年假。", "a " * 900]


@pytest.fixture(scope="module")
def folder(tiny_embedder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny embedder's encoder with a random score on top."""
    import torch
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification

    made = tmp_path_factory.mktemp("tiny-cross-encoder")
    configuration = AutoConfig.from_pretrained(tiny_embedder_folder, num_labels=1)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        BertForSequenceClassification(configuration).save_pretrained(made)
    AutoTokenizer.from_pretrained(tiny_embedder_folder).save_pretrained(made)
    return made


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_each_text_is_scored_by_itself(folder: Path, device: str) -> None:
    reranker = CrossEncoderReranker(folder, weight=1.0, languages=None, device=device, dtype="float32")
    scores = reranker.score("水泵多久清洗一次？", TEXTS)
    alone = [reranker.score("水泵多久清洗一次？", [text])[0] for text in TEXTS]
    np.testing.assert_allclose(scores, alone, atol=1e-4)
    assert reranker.score("?", []).shape == (0,)


def test_what_is_no_whole_text_or_endless_is_read(folder: Path) -> None:
    reranker = CrossEncoderReranker(folder, weight=1.0, languages=None, device="cpu", dtype="float32")
    (score,) = reranker.score("pump " * 500 + "\ud800", ["clean \udc00" * 5000])
    assert np.isfinite(score)


def test_a_folder_is_a_reranker_by_its_path(folder: Path) -> None:
    settings = RerankerSettings(model=str(folder), weight=0.7, languages=("zh",), device="cpu")
    reranker = build_reranker(settings)
    assert isinstance(reranker, CrossEncoderReranker)
    assert (reranker.weight, reranker.languages) == (0.7, frozenset({"zh"}))
    assert build_reranker(settings) is reranker
    slower = RerankerSettings(model=str(folder), weight=0.7, languages=("zh",), device="cpu", budget_ms=900)
    assert build_reranker(slower) is reranker


def test_scores_are_those_of_sentence_transformers(folder: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch import nn

    plain = CrossEncoder(str(folder), device="cpu", max_length=320)
    expected = plain.predict([("pump?", each) for each in TEXTS], activation_fn=nn.Identity())
    reranker = CrossEncoderReranker(folder, weight=1.0, languages=None, device="cpu", dtype="float32")
    np.testing.assert_allclose(reranker.score("pump?", TEXTS), expected, atol=1e-5)


def test_what_is_no_reranker_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    broken = build_reranker(RerankerSettings(model=str(tmp_path)))
    assert broken is not None
    with pytest.raises(WeightsError, match="can't be loaded") as raised:
        broken.score("?", ["text"])
    assert "\n" not in str(raised.value)
    with pytest.raises(WeightsError, match="there is no model folder"):
        build_reranker(RerankerSettings(model="./nowhere"))
    with pytest.raises(ConfigError, match="is no reranker"):
        build_reranker(RerankerSettings(model="multilingual-e5-small"))
