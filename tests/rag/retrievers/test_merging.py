"""Passages in two languages in one ranking."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.retrievers.candidates import Candidates
from rag.retrievers.merging import FEATURES, WEIGHTS, merge_scores, merging_features

SCORE = st.floats(0, 30, allow_nan=False)


def make(rows: list[tuple[bool, float, float, float, float]]) -> Candidates:
    foreign, dense, lexical, corrected, translated = (np.array(column) for column in zip(*rows, strict=True))
    foreign = foreign.astype(bool)
    return Candidates(
        tuple(Document(str(n)) for n in range(len(rows))),
        foreign,
        dense.astype(float),
        lexical.astype(float),
        np.where(foreign, corrected, 0.0),
        np.where(foreign, translated, 0.0),
        terms=4,
    )


def test_in_one_language_the_cosine_and_the_weighed_bm25_are_added_up() -> None:
    candidates = make([(False, 3.0, 0.0, 0, 0), (False, 1.0, 30.0, 0, 0), (False, 2.0, 5.0, 0, 0)])
    scores = merge_scores(candidates)
    assert list(np.argsort(-scores)) == [1, 0, 2]
    assert np.allclose(scores / WEIGHTS["own"], candidates.own_scores(0.1))


@given(st.lists(st.tuples(st.booleans(), SCORE, SCORE, SCORE, SCORE), min_size=1, max_size=12))
def test_every_candidate_has_finite_features_of_its_own_kind_only(
    rows: list[tuple[bool, float, float, float, float]],
) -> None:
    candidates = make(rows)
    features = merging_features(candidates)
    assert features.shape == (len(rows), len(FEATURES)) and np.isfinite(features).all()
    assert (features[candidates.foreign, 0] == 0).all()
    assert (features[~candidates.foreign, 1:] == 0).all()


@given(st.lists(st.tuples(st.booleans(), SCORE, SCORE, SCORE, SCORE), min_size=2, max_size=12))
def test_the_order_of_candidates_changes_no_score(
    rows: list[tuple[bool, float, float, float, float]],
) -> None:
    forward, backward = merge_scores(make(rows)), merge_scores(make(rows[::-1]))
    ties = len({row[1:] for row in rows}) < len(rows)
    assert ties or np.allclose(np.sort(forward), np.sort(backward), atol=1e-6)
