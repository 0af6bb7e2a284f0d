"""Passages that share the query's words."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.retrievers.dense import scored_passages


class LexicalRetriever(BaseRetriever):
    """The ``k`` passages of highest BM25 score over segmented words; the score is BM25's.

    Only passages that pass ``filter`` are found; ``invoke(query, filter=...)`` sets another for one query.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    k: int = 10
    filter: Filter | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        hits = self.knowledge_base.search_lexical(query, self.k, filter or self.filter)
        return scored_passages(self.knowledge_base, hits)
