"""A question that asks two things, searched as a whole and by its parts."""

from collections.abc import Sequence
from itertools import zip_longest

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.passage import with_score
from rag.questions.parts import split_question
from rag.retrievers.filtering import WrappingRetriever, retrieve
from rag.retrievers.repetition import distinct_passages
from rag.retrievers.search_trace import report_stage


class PartsRetriever(WrappingRetriever):
    """What ``retriever`` finds for the question; where it asks two things, also what it finds for each.

    The ``k`` passages are taken in turns: the best for the whole question, the best for each part, the second
    best for the whole, and so on, whichever wasn't taken before. So each part has its best passages among the
    first, however much more alike the question another part's are. Scores are those found, put in order: with
    one question they compare, with another's they don't. A question that asks one thing is passed on and its
    passages are left as they are.

    All searches are of one generation.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        config: RunnableConfig = {"callbacks": run_manager.get_child()}
        wanted = filter or self.filter
        parts = split_question(query)
        with self.knowledge_base.pinned():
            whole, *others = (retrieve(self.retriever, each, wanted, config) for each in (query, *parts))
        if not others:
            return whole
        taken = take_in_turns([whole, *others], self.k)
        report_stage(run_manager, "in turns", query, taken)
        return taken


def take_in_turns(rankings: Sequence[Sequence[Document]], k: int) -> list[Document]:
    """The first ``k`` different passages of all first places, then of all second places, and so on.

    The scores they were found with are given out anew, the highest to the first.
    """
    taken: dict[str, Document] = {}
    for places in zip_longest(*rankings):
        for passage in places:
            if passage is not None:
                taken.setdefault(str(passage.id), passage)
    kept = distinct_passages(taken.values(), k)
    scores = sorted((float(each.metadata["score"]) for each in kept), reverse=True)
    return [with_score(passage, score) for passage, score in zip(kept, scores, strict=True)]
