"""What vectors say of language is told from what they say of content."""

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.retrievers.language_geometry import LanguageGeometry

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
    assert geometry.is_known
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
    assert not geometry.is_known and len(geometry.samples[False]) == 10
    assert LanguageGeometry.of(vectors[:0], []).scale(vectors[0], chinese=True) == (0.0, 0.02)


def test_scores_have_the_scale_of_their_language(topics: NDArray[np.float32]) -> None:
    chinese, english = speak(topics, chinese=True), speak(topics, chinese=False)
    geometry = LanguageGeometry.of(np.concatenate([chinese, english]), ["zh"] * 200 + ["ja"] * 200)
    mean, spread = geometry.scale(chinese[0], chinese=True)
    cosines = chinese @ chinese[0]
    assert mean == pytest.approx(float(cosines.mean()), abs=1e-4)
    assert spread == pytest.approx(float(cosines.std()), rel=0.1)
