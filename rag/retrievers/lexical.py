"""Passages that share the query's words."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.retrievers.dense import scored_passages
from rag.retrievers.filtering import FilteringRetriever


class LexicalRetriever(FilteringRetriever):
    """The ``k`` passages of highest BM25 score over segmented words; the score is BM25's."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        hits = self.knowledge_base.search_lexical(query, self.k, filter or self.filter)
        return scored_passages(self.knowledge_base, hits)
