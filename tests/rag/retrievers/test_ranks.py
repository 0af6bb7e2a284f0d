"""Rankings fused by their ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.filter import EVERYTHING
from rag.questions.inquiry import understand
from rag.retrievers import PassageSearch
from rag.retrievers.ranks import dense_ranking, lexical_ranking, reciprocal_rank_fusion
from rag.settings import RetrievalSettings
from rag.trace import Stage
from tests.rag.retrievers.conftest import MakeKnowledgeBase

TEXTS = {"a.md": "The pump is quiet.", "b.md": "The pump is loud.", "c.md": "The pump is  quiet."}


def passages(*names: str) -> list[Document]:
    return [Document(id=name, page_content=f"text of {name}", metadata={"source": name}) for name in names]


def test_a_passage_that_both_rank_well_comes_first() -> None:
    fused = reciprocal_rank_fusion([passages("a", "b", "c"), passages("b", "d")])
    assert [each.id for each in fused] == ["b", "a", "d", "c"]
    assert fused[0].metadata["score"] == pytest.approx(1 / 62 + 1 / 61)


def test_the_stored_passages_are_left_as_they_are() -> None:
    ranking = passages("a")
    reciprocal_rank_fusion([ranking])
    assert ranking[0].metadata == {"source": "a"}


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=4))
def test_every_passage_comes_back_once_in_falling_order(rankings: list[list[str]]) -> None:
    fused = reciprocal_rank_fusion([passages(*names) for names in rankings])
    scores = [each.metadata["score"] for each in fused]
    assert scores == sorted(scores, reverse=True)
    assert sorted(str(each.id) for each in fused) == sorted({name for names in rankings for name in names})


def test_the_search_can_fuse_by_ranks(make_knowledge_base: MakeKnowledgeBase, embeddings: Embeddings) -> None:
    kb = make_knowledge_base(TEXTS)
    settings = RetrievalSettings(fusion="ranks", rrf_constant=1)
    stages: list[Stage] = []
    query = "Is the pump loud?"
    found = PassageSearch(view=kb.view(EVERYTHING), embeddings=embeddings, settings=settings).search(
        understand(query), 9, stages
    )
    with kb.view(EVERYTHING).snapshot() as snapshot:
        dense = dense_ranking(snapshot, np.asarray(embeddings.embed_query(query), dtype=np.float32), 9)
        lexical = lexical_ranking(snapshot, query, 9)
    fused = reciprocal_rank_fusion([dense, lexical], constant=1)
    [stage] = stages
    assert list(stage.passages) == fused and stage.scores["dense"] and None not in stage.scores["dense"]
    assert len(found) == 2  # of the same text in other spaces, one
    assert found == [each for each in fused if each.id in {one.id for one in found}]
