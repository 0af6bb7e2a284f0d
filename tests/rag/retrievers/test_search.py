"""The whole search on a real knowledge base: parts in turns, one generation, curated entries."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.answer import Question, Stage
from rag.curated import FaqMatcher
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase
from rag.questions.inquiry import Inquiry, understand
from rag.retrievers import PassageSearch
from rag.retrievers.search import take_in_turns
from rag.settings import RetrievalSettings
from tests.rag.retrievers.conftest import MakeKnowledgeBase, put

LEAVE = "年假每年十二天，按入职时间折算。"
OVERTIME = "周末工作到很晚的人，加班按每小时两倍工资计算，由财务人员发放。"
TEXTS = {
    "leave.md": LEAVE,
    "overtime.md": OVERTIME,
    **{f"valve-{n}.md": f"潮汐隔膜水泵的橡胶膜片更换周期，第{n}号表格：橡胶膜片更换周期。" for n in range(7)},
    "d80.md": "The Spring D80 weighs four kilograms.",
    "s10.md": "The Ripple S10 weighs two kilograms.",
    "parking.md": "Visitors park in the north.",
}
QUESTION = "年假有多少天，加班怎么算？"
HOURS = "When is the depot open?"


class Interfering(Embeddings):
    """Embeds queries, and has something happen before each."""

    def __init__(self, embeddings: Embeddings, meanwhile: Callable[[], None]) -> None:
        self._embeddings, self._meanwhile = embeddings, meanwhile

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        self._meanwhile()
        return self._embeddings.embed_query(text)


@pytest.fixture
def knowledge_base(make_knowledge_base: MakeKnowledgeBase) -> KnowledgeBase:
    return make_knowledge_base(TEXTS)


@pytest.fixture
def search(knowledge_base: KnowledgeBase, embeddings: Embeddings) -> PassageSearch:
    return PassageSearch(view=knowledge_base.view(EVERYTHING), embeddings=embeddings)


def changed(search: PassageSearch, **settings: Any) -> PassageSearch:
    return search.model_copy(update={"settings": RetrievalSettings(**settings)})


def sources(found: list[Document]) -> list[str]:
    return [str(each.metadata["source"]) for each in found]


def test_both_parts_passages_are_found_where_the_question_finds_one_parts(search: PassageSearch) -> None:
    inquiry = understand("潮汐隔膜水泵的橡胶膜片更换周期是多少，加班怎么算？")
    whole = changed(search, split_questions=False).search(inquiry, 6)
    assert not {"overtime.md"} & set(sources(whole)[:3])
    found = search.search(inquiry, 6)
    assert "overtime.md" in sources(found)[:3] and sources(found)[0].startswith("valve")
    assert len(found) == 6 == len({each.id for each in found})
    scores = [each.metadata["score"] for each in found]
    assert scores == sorted(scores, reverse=True)


def test_question_that_asks_one_thing_is_searched_once(search: PassageSearch) -> None:
    stages: list[Stage] = []
    search.search(understand("年假有多少天？"), 3, stages)
    assert [(each.name, each.query) for each in stages] == [("candidates", "年假有多少天？")]


def test_every_search_of_a_question_in_parts_is_told_with_what_was_searched_for(
    search: PassageSearch,
) -> None:
    stages: list[Stage] = []
    inquiry = understand(QUESTION)
    found = search.search(inquiry, 3, stages)
    *candidates, taken = stages
    assert {each.name for each in candidates} == {"candidates"}
    assert [each.query for each in candidates] == [QUESTION, *inquiry.parts]
    assert taken.name == "in turns" and [each.id for each in taken.passages] == [each.id for each in found]


@pytest.mark.parametrize("fusion", ["scores", "ranks"])
def test_filter_holds_for_every_part(search: PassageSearch, fusion: str) -> None:
    def found(wanted: Filter) -> list[str]:
        return sources(changed(search, fusion=fusion).search(understand(Question(QUESTION, filter=wanted))))

    assert {each.split(".")[0] for each in found(Filter(source=("leave*", "overtime*")))} == {
        "leave",
        "overtime",
    }
    assert found(Filter(source=("parking.md",))) == ["parking.md"]
    assert "overtime.md" not in found(Filter().excluding(["overtime.md"]))


def test_all_searches_are_of_one_generation(knowledge_base: KnowledgeBase, embeddings: Embeddings) -> None:
    more = iter(range(100))

    def publish() -> None:
        put(knowledge_base, embeddings, {f"new-{next(more)}.md": f"{QUESTION}{OVERTIME}"})

    interfering = Interfering(embeddings, publish)
    search = PassageSearch(
        view=knowledge_base.view(EVERYTHING),
        embeddings=interfering,
        matcher=FaqMatcher(knowledge_base.view(EVERYTHING), interfering),
    )
    first = sources(search.search(understand(QUESTION), 40))
    assert next(more) > 2  # every part was embedded, and something was published before each
    assert not any(each.startswith("new") for each in first)
    assert any(each.startswith("new") for each in sources(search.search(understand(QUESTION), 40)))


@pytest.fixture
def curated(make_curated: Any, word_embeddings: Any) -> PassageSearch:
    made = make_curated(
        {
            "a.csv": [("Where do visitors park?", [], "In the north."), (HOURS, [], "From 8.")],
            "b.csv": [("When is the canteen open?", [], "From 11.")],
        }
    )
    view = made.view(EVERYTHING)
    return PassageSearch(view=view, embeddings=word_embeddings, matcher=FaqMatcher(view, word_embeddings))


def test_entry_that_is_surely_asked_comes_first_of_what_passes_the_filter(curated: PassageSearch) -> None:
    def first(wanted: Filter | None) -> str:
        found = curated.search(understand(Question(HOURS, filter=wanted)), 1)
        return found[0].page_content.partition("\n")[0]

    assert first(None) == first(Filter(source=("a.csv",))) == HOURS
    assert first(Filter().excluding(["a.csv"])) == "When is the canteen open?"


def test_entries_stand_in_the_order_in_which_their_questions_fit(curated: PassageSearch) -> None:
    question = "When is the canteen really open?"
    inquiry: Inquiry = understand(question)
    found = curated.search(inquiry)
    considered = curated.matcher.consider(question) if curated.matcher else None
    assert considered is not None and [str(each.id) for each in found] == list(considered.ranked)


def ranking(names: str, **metadata: Any) -> list[Document]:
    return [
        Document(id=name, page_content=f"{name} says {name * 3}", metadata={"score": 9.0 - place, **metadata})
        for place, name in enumerate(names)
    ]


def test_rankings_take_turns_and_each_passage_comes_once() -> None:
    found = take_in_turns([ranking("abcd"), ranking("xa"), ranking("yzc")], 6)
    assert [each.id for each in found] == ["a", "x", "y", "b", "z", "c"]
    assert [each.metadata["score"] for each in found] == [9.0, 9.0, 9.0, 8.0, 8.0, 7.0]
    assert take_in_turns([[], []], 6) == []
