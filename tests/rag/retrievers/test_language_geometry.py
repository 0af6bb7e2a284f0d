"""What vectors say of language is told from what they say of content."""

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.filter import EVERYTHING
from rag.retrievers.language_geometry import LanguageGeometry, geometry_of
from tests.rag.retrievers.conftest import MakeKnowledgeBase, put

DIMENSION = 24


@pytest.fixture
def topics() -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(200, DIMENSION)).astype(np.float32)


def speak(topics: NDArray[np.float32], *, chinese: bool) -> NDArray[np.float32]:
    """Texts on these topics, as an embedder with a strong accent places them."""
    shift = np.zeros(DIMENSION, dtype=np.float32)
    shift[0 if chinese else 1] = 12.0
    vectors = topics + shift
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_the_same_content_is_found_across_languages_once_corrected(topics: NDArray[np.float32]) -> None:
    chinese, english = speak(topics, chinese=True), speak(topics, chinese=False)
    geometry = LanguageGeometry.of(np.concatenate([chinese, english]), ["zh"] * 200 + ["en"] * 200)
    assert geometry.means is not None
    cosines = geometry.correct(chinese[:20], chinese=True) @ geometry.correct(english, chinese=False).T
    assert (cosines.argmax(axis=1) == np.arange(20)).all()
    # As they are, every Chinese text is nearer to every other Chinese text than to its translation.
    assert (chinese[:20] @ chinese.T).min() > (chinese[:20] @ english.T).max()


def test_corrected_vectors_have_length_one_and_no_common_direction(topics: NDArray[np.float32]) -> None:
    vectors = speak(topics, chinese=True)
    geometry = LanguageGeometry.of(
        np.concatenate([vectors, speak(topics, chinese=False)]), ["zh"] * 200 + ["en"] * 200
    )
    corrected = geometry.correct(vectors, chinese=True)
    assert geometry.direction is not None
    assert np.linalg.norm(corrected, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(corrected @ geometry.direction).max() < 1e-4


def test_too_few_passages_say_nothing_of_a_language(topics: NDArray[np.float32]) -> None:
    vectors = speak(topics, chinese=True)
    geometry = LanguageGeometry.of(vectors, ["zh"] * 190 + ["en"] * 10)
    assert geometry.means is None and len(geometry.samples[False]) == 10
    assert LanguageGeometry.of(vectors[:0], []).scale(vectors[0], chinese=True) == (0.0, 0.02)


def test_scores_have_the_scale_of_their_language(topics: NDArray[np.float32]) -> None:
    chinese, english = speak(topics, chinese=True), speak(topics, chinese=False)
    geometry = LanguageGeometry.of(np.concatenate([chinese, english]), ["zh"] * 200 + ["ja"] * 200)
    mean, spread = geometry.scale(chinese[0], chinese=True)
    cosines = chinese @ chinese[0]
    assert mean == pytest.approx(float(cosines.mean()), abs=1e-4)
    assert spread == pytest.approx(float(cosines.std()), rel=0.1)


def test_each_view_has_the_geometry_of_what_it_has(make_knowledge_base: MakeKnowledgeBase) -> None:
    knowledge_base = make_knowledge_base({"a.md": "The pump is blue.", "b.md": "水泵是蓝色的。"})
    everything, nothing = knowledge_base.view(EVERYTHING), knowledge_base.view(frozenset())
    for _ in range(2):
        for view, rows in ((everything, 1), (nothing, 0)):
            with view.contents() as contents:
                geometry = geometry_of(view, contents)
            assert [len(geometry.samples[chinese]) for chinese in (True, False)] == [rows, rows]


def test_the_geometry_follows_what_is_published(
    make_knowledge_base: MakeKnowledgeBase, embeddings: Embeddings
) -> None:
    knowledge_base = make_knowledge_base({"a.md": "The pump is blue."})
    view = knowledge_base.view(EVERYTHING)
    for rows in (1, 2):
        with view.contents() as contents:
            assert len(geometry_of(view, contents).samples[False]) == rows
        put(knowledge_base, embeddings, {"b.md": "The hose is red."})
