"""Entries change places among themselves; the one that is asked comes first."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.curated import FaqMatcher
from rag.curated.ranking import CuratedRetriever, put_first, reorder
from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase

Entry = tuple[str, Sequence[str], str]
MakeCurated = Callable[[Mapping[str, Sequence[Entry]]], KnowledgeBase]
HOURS = "When is the depot open?"
SOURCES: dict[str, list[Entry]] = {
    "a.csv": [("Where do visitors park?", [], "In the north."), (HOURS, [], "From 8.")],
    "b.csv": [("When is the canteen open?", [], "From 11.")],
}


class FixedRetriever(BaseRetriever):
    """Finds the same passages for every question, whatever the filter."""

    passages: list[Document]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        return self.passages


def passages(names: str) -> list[Document]:
    return [
        Document(id=name, page_content=name, metadata={"score": 1.0 - place / 10, "source": name})
        for place, name in enumerate(names)
    ]


@pytest.fixture
def retriever(make_curated: MakeCurated, word_embeddings: Any) -> CuratedRetriever:
    """Over one that finds a document with no source, then parking, the canteen and the depot."""
    made = make_curated(SOURCES)
    entries = {
        text: name for name, text in zip(made.questions().passage_ids, made.questions().texts, strict=True)
    }
    ids = [entries[each] for each in ("Where do visitors park?", "When is the canteen open?", HOURS)]
    other = Document(id="x", page_content="Anything.", metadata={"score": 1.0})
    found = [other, *(_scored(each, 0.9) for each in made.passages(ids))]
    matcher = FaqMatcher(made, word_embeddings)
    return CuratedRetriever(retriever=FixedRetriever(passages=found), matcher=matcher, k=4)


def _scored(passage: Document, score: float) -> Document:
    return Document(
        id=passage.id, page_content=passage.page_content, metadata={**passage.metadata, "score": score}
    )


def firsts(found: Sequence[Document]) -> list[str]:
    return [each.page_content.partition("\n")[0] for each in found]


def test_entries_take_each_others_places_and_others_keep_theirs() -> None:
    ranked = reorder(passages("aXbYc"), "cqba")

    assert "".join(str(each.id) for each in ranked) == "cXbYa"
    assert [each.metadata["score"] for each in ranked] == [1.0, 0.9, 0.8, 0.7, 0.6]


def test_entry_that_is_asked_comes_first_found_or_not() -> None:
    found = passages("abc")
    for name in ("c", "z"):
        ranked = put_first(found, Document(id=name, page_content=name, metadata={"source": name}))
        assert ranked[0].id == name
        assert ranked[0].metadata["score"] > ranked[1].metadata["score"]
    assert put_first(found, found[0]) == found


def test_entry_that_is_surely_asked_is_before_all_passages(retriever: CuratedRetriever) -> None:
    assert firsts(retriever.invoke(HOURS)) == [
        HOURS,
        "Anything.",
        "When is the canteen open?",
        "Where do visitors park?",
    ]
    without = CuratedRetriever(retriever=FixedRetriever(passages=[]), matcher=retriever.matcher, k=1)
    assert firsts(without.invoke(HOURS)) == [HOURS]


def test_entries_that_are_only_like_the_question_change_places(retriever: CuratedRetriever) -> None:
    found = retriever.invoke("When is the canteen really open?")
    assert firsts(found) == ["Anything.", "When is the canteen open?", HOURS, "Where do visitors park?"]


def test_entries_of_sources_left_out_take_no_part(retriever: CuratedRetriever) -> None:
    found = retriever.leaving_out(frozenset({"a.csv"})).invoke(HOURS)
    assert firsts(found) == ["Anything.", "When is the canteen open?"]


def test_entry_that_does_not_pass_the_filter_is_not_put_first(retriever: CuratedRetriever) -> None:
    for asked, first in (("a.csv", HOURS), ("b.csv", "Anything.")):
        assert firsts(retriever.invoke(HOURS, filter=Filter(source=(asked,))))[0] == first
        by_default = retriever.model_copy(update={"filter": Filter(source=(asked,))})
        assert firsts(by_default.invoke(HOURS))[0] == first
