"""A question that asks two things, searched as a whole and by its parts."""

from collections.abc import Sequence
from itertools import zip_longest

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.passage import metadata_of, with_score
from rag.retrievers.filtering import FilteringRetriever, retrieve, without_sources
from rag.retrievers.parts import split_question
from rag.retrievers.repetition import distinct_passages


class PartsRetriever(FilteringRetriever):
    """What ``retriever`` finds for the question; where it asks two things, also what it finds for each.

    The ``k`` passages are taken in turns: the best for the whole question, the best for each part, the second
    best for the whole, and so on, whichever wasn't taken before. So each part has its best passages among the
    first, however much more alike the question another part's are. Scores are those found, put in order: with
    one question they compare, with another's they don't. A question that asks one thing is passed on and its
    passages are left as they are.

    All searches are of one generation. Documents whose source is ``left_out`` take no part.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: BaseRetriever
    knowledge_base: KnowledgeBase
    k: int = 10
    left_out: frozenset[str] = frozenset()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        config: RunnableConfig = {"callbacks": run_manager.get_child()}
        wanted = filter or self.filter
        inner = without_sources(self.retriever, self.left_out) if self.left_out else self.retriever
        with self.knowledge_base.pinned():
            rankings = [retrieve(inner, each, wanted, config) for each in (query, *split_question(query))]
        if self.left_out:
            rankings = [
                [each for each in ranking if metadata_of(each)["source"] not in self.left_out]
                for ranking in rankings
            ]
        return rankings[0] if len(rankings) == 1 else take_in_turns(rankings, self.k)


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
