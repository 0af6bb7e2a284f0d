"""Passages whose vectors are nearest to the query's."""

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.passage import with_score
from rag.retrievers.filtering import FilteringRetriever


class DenseRetriever(FilteringRetriever):
    """The ``k`` passages of highest cosine similarity to the query; the score is that cosine."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    embeddings: Embeddings
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        vector = np.asarray(self.embeddings.embed_query(query), dtype=np.float32)
        hits = self.knowledge_base.search_dense(vector, self.k, filter or self.filter)
        return scored_passages(self.knowledge_base, hits)


def scored_passages(knowledge_base: KnowledgeBase, hits: list[tuple[str, float]]) -> list[Document]:
    """The passages of an index's hits, in order, each a copy that carries its score."""
    scores = dict(hits)
    passages = knowledge_base.passages([passage_id for passage_id, _ in hits])
    return [with_score(passage, scores[str(passage.id)]) for passage in passages]
