from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.retrievers import FusionRetriever, reciprocal_rank_fusion


def passages(*names: str) -> list[Document]:
    return [Document(id=name, page_content=f"text of {name}", metadata={"source": name}) for name in names]


class Listed(BaseRetriever):
    found: list[Document]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self.found


def test_a_passage_that_both_rank_well_comes_first() -> None:
    fused = reciprocal_rank_fusion([passages("a", "b", "c"), passages("b", "d")])
    assert [each.id for each in fused] == ["b", "a", "d", "c"]
    assert fused[0].metadata["score"] == pytest.approx(1 / 62 + 1 / 61)


def test_the_stored_passages_are_left_as_they_are() -> None:
    ranking = passages("a")
    reciprocal_rank_fusion([ranking])
    assert ranking[0].metadata == {"source": "a"}


def test_the_same_text_is_returned_once() -> None:
    copy = Document(id="copy", page_content="text  of\na", metadata={})
    retriever = FusionRetriever(retrievers=[Listed(found=[*passages("a", "b"), copy])], k=10)
    assert [each.id for each in retriever.invoke("?")] == ["a", "b"]


def test_k_passages_are_returned() -> None:
    retriever = FusionRetriever(retrievers=[Listed(found=passages(*"abcdef"))], k=2)
    assert [each.id for each in retriever.invoke("?")] == ["a", "b"]


def test_all_retrievers_are_asked_within_one_context() -> None:
    events: list[str] = []

    class Noting(Listed):
        def _get_relevant_documents(
            self, query: str, *, run_manager: CallbackManagerForRetrieverRun
        ) -> list[Document]:
            events.append("asked")
            return self.found

    @contextmanager
    def during() -> Iterator[None]:
        events.append("entered")
        yield
        events.append("left")

    FusionRetriever(retrievers=[Noting(found=[]), Noting(found=[])], during=during).invoke("?")
    assert events == ["entered", "asked", "asked", "left"]


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=4))
def test_every_passage_comes_back_once_in_falling_order(rankings: list[list[str]]) -> None:
    fused = reciprocal_rank_fusion([passages(*names) for names in rankings])
    scores = [each.metadata["score"] for each in fused]
    assert scores == sorted(scores, reverse=True)
    assert sorted(str(each.id) for each in fused) == sorted({name for names in rankings for name in names})
