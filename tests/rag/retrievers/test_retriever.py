"""What every retriever can be asked, ours and others'."""

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever

from rag.answer import Question, Stage, Turn
from rag.errors import ConfigError
from rag.filter import EVERYTHING, Filter
from rag.questions.inquiry import understand
from rag.retrievers import ForeignRetriever, PassageSearch
from tests.rag.retrievers.conftest import MakeKnowledgeBase

TEXTS = {"a.md": "The pump is quiet.", "b.md": "The pump is loud.", "c.md": "The office is closed."}


class Plain(BaseRetriever):
    """Somebody else's: it knows nothing of inquiries."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(id=name, page_content=query) for name in "abc"]


@pytest.fixture
def ours(make_knowledge_base: MakeKnowledgeBase, embeddings: Embeddings) -> PassageSearch:
    return PassageSearch(view=make_knowledge_base(TEXTS).view(EVERYTHING), embeddings=embeddings)


async def test_ours_is_langchains_too(ours: PassageSearch) -> None:
    found = ours.search(understand("Is the pump loud?"))
    assert found[0].metadata["source"] == "b.md" and "score" in found[0].metadata
    assert ours.invoke("Is the pump loud?") == await ours.ainvoke("Is the pump loud?") == found


def test_as_many_are_found_as_are_asked_for_of_what_passes_the_filter(ours: PassageSearch) -> None:
    assert len(ours.search(understand("Is the pump loud?"), 1)) == 1
    inquiry = understand(Question("Is the pump loud?", filter=Filter().excluding(["b.md"])))
    found = [each.metadata["source"] for each in ours.search(inquiry)]
    assert found[0] == "a.md" and "b.md" not in found


def test_others_are_asked_for_the_query_and_refuse_filters_in_words() -> None:
    other = ForeignRetriever(Plain())
    question = Question("And the hose?", (Turn("user", "How long is the P200 under warranty?"),))
    stages: list[Stage] = []
    found = other.search(understand(question), 2, stages)
    assert [each.id for each in found] == ["a", "b"] and stages == []
    assert found[0].page_content == "How long is the P200 under warranty?\nAnd the hose?"
    with pytest.raises(ConfigError, match=r"Plain takes no filter; ask without one, or wrap it"):
        other.search(understand(Question("?", filter=Filter(type=("md",)))))
