"""Passages in two languages in one ranking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.answer import Stage
from rag.filter import EVERYTHING
from rag.questions.inquiry import understand
from rag.retrievers import PassageSearch
from rag.retrievers.candidates import Candidates
from rag.retrievers.merging import FEATURES, WEIGHTS, merge_scores, merging_features, reciprocal_rank_fusion
from rag.settings import RetrievalSettings
from tests.rag.retrievers.conftest import MakeKnowledgeBase

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
    assert np.allclose(scores / WEIGHTS["own"], candidates.dense + 0.1 * candidates.lexical)


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


def test_a_passage_that_both_rank_well_comes_first() -> None:
    fused = reciprocal_rank_fusion(["abc", "bd"], 60)
    assert list(fused) == ["b", "a", "d", "c"]
    assert fused["b"] == pytest.approx(1 / 62 + 1 / 61)


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=4))
def test_whatever_is_ranked_comes_back_once_in_falling_order(rankings: list[list[str]]) -> None:
    fused = reciprocal_rank_fusion(rankings, 60)
    assert list(fused.values()) == sorted(fused.values(), reverse=True)
    assert fused.keys() == {name for names in rankings for name in names}


def test_the_search_can_fuse_by_ranks(make_knowledge_base: MakeKnowledgeBase, embeddings: Embeddings) -> None:
    texts = {"a.md": "The pump is quiet.", "b.md": "The pump is loud.", "c.md": "The pump is  quiet."}
    view = make_knowledge_base(texts).view(EVERYTHING)
    settings = RetrievalSettings(fusion="ranks", rrf_constant=1)
    stages: list[Stage] = []
    query = "Is the pump loud?"
    search = PassageSearch(view=view, embeddings=embeddings, settings=settings)
    found = search.search(understand(query), 9, stages)
    with view.snapshot() as snapshot:
        dense = dict(snapshot.search_dense(np.array(embeddings.embed_query(query), np.float32), 9))
        lexical = dict(snapshot.search_lexical(query, 9))
    fused = reciprocal_rank_fusion([dense, lexical], 1)
    [stage] = stages
    assert {each.id: each.metadata["score"] for each in stage.passages} == fused
    assert stage.scores == {
        "dense": tuple(dense[each] for each in fused),
        "lexical": tuple(lexical.get(each) for each in fused),
    }
    assert len(found) == 2  # of the same text in other spaces, one
    assert found == [each for each in stage.passages if each.id in {one.id for one in found}]
