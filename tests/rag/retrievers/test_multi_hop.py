"""The names in the best passage lead to the second document of a two-hop question."""

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.answer import Question, Stage
from rag.filter import EVERYTHING, Filter
from rag.questions.inquiry import understand
from rag.retrievers import PassageSearch
from rag.retrievers.multi_hop import add_scores, describes_something, new_names
from rag.settings import RetrievalSettings
from tests.rag.retrievers.conftest import MakeKnowledgeBase

QUESTION = "Who directed the film that starred Ann Berg?"
TEXTS = {
    "berg.md": "Ann Berg starred in the film Winter Harbour, for which she won a prize.",
    "harbour.md": "Winter Harbour, the film: a winter in the harbour, a harbour in winter.",
    **{f"film-{n}.md": f"A film that number {n} directed." for n in range(8)},
}


@pytest.fixture
def search(make_knowledge_base: MakeKnowledgeBase, embeddings: Embeddings) -> PassageSearch:
    return PassageSearch(view=make_knowledge_base(TEXTS).view(EVERYTHING), embeddings=embeddings)


def sources(search: PassageSearch, question: Question, stages: list[Stage] | None = None) -> list[str]:
    return [each.metadata["source"] for each in search.search(understand(question), 3, stages)]


def without_names(search: PassageSearch) -> PassageSearch:
    return search.model_copy(update={"settings": RetrievalSettings(follow_names=False)})


def test_the_names_in_the_best_passage_are_searched_for_too(search: PassageSearch) -> None:
    stages: list[Stage] = []
    assert sources(search, Question(QUESTION), stages)[0] == "berg.md"
    first, second, merged = stages
    assert (first.name, second.name, merged.name) == ("candidates", "candidates", "names followed")
    assert (first.query, merged.query) == (QUESTION, QUESTION)
    assert second.query == f"{QUESTION} Winter Harbour"
    assert list(merged.passages) == add_scores(first.passages, second.passages)


@pytest.mark.parametrize(
    "question", ["Who starred in Winter Harbour?", "谁导演了Ann Berg主演的电影？", "film"]
)
def test_other_questions_find_what_they_would_without(search: PassageSearch, question: str) -> None:
    asked = understand(question)
    assert search.search(asked) == without_names(search).search(asked)


def test_filter_holds_for_both_searches_and_what_is_excluded_leads_nowhere(search: PassageSearch) -> None:
    only = Filter(source=("berg.md", "film-*"))
    assert "harbour.md" not in sources(search, Question(QUESTION, filter=only))
    stages: list[Stage] = []
    sources(search, Question(QUESTION, filter=Filter().excluding(["berg.md"])), stages)
    assert not any("Winter Harbour" in each.query for each in stages)
    assert sources(search, Question(QUESTION, filter=Filter(source=("none",)))) == []


@pytest.mark.parametrize(
    ("question", "describes"),
    [
        ("Who directed the film that starred Ann Berg?", True),
        ("What is the capital of the country where Lake Vern lies?", True),
        ("In which year was the author of the book of poems born?", True),
        ("What is the warranty of the P100?", False),
        ("Where do I park?", False),
        ("In which year was Bonn founded?", False),
        ("Who directed the film that starred Ann Berg?\nAnd when?", False),
        ("Which pump is quiet?", False),
        ("Aspirin lowers the risk that patients have strokes.", False),
        ("住宿标准是多少？", False),
    ],
)
def test_question_that_describes_what_it_does_not_name_is_told_from_others(
    question: str, describes: bool
) -> None:
    assert describes_something(question) == describes


def test_names_are_the_passages_own_and_not_the_questions() -> None:
    passage = Document(
        page_content="The film stars Ann Berg. It was made by T. S. Lind of Oslo and the Duke of Kent.",
        metadata={"context": "Winter Harbour\nWinter Harbour > Cast"},
    )
    assert new_names(QUESTION, passage) == ["Winter Harbour", "T. S. Lind of Oslo", "Duke of Kent"]


def test_scores_are_added_and_what_one_search_lacks_counts_as_its_last() -> None:
    def ranking(**scores: float) -> list[Document]:
        return [
            Document(id=name, page_content=name, metadata={"score": score}) for name, score in scores.items()
        ]

    ranked = add_scores(ranking(a=9.0, b=5.0, c=4.0), ranking(d=20.0, b=18.0, a=10.0))
    assert [(each.id, each.metadata["score"]) for each in ranked] == [
        ("a", 4.0),
        ("b", 4.0),
        ("d", 4.0),
        ("c", -1.0),
    ]
    assert add_scores(ranking(a=1.0), []) == ranking(a=1.0)


def test_what_nothing_is_added_to_stays_whole() -> None:
    found = [Document(id=str(n), page_content="", metadata={"score": -float(n)}) for n in range(20)]
    assert add_scores(found, []) == found and add_scores([], found) == []
