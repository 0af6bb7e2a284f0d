"""Searches for passages in the other language than the question's."""

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.translating import in_other_language
from rag.language import language_of
from rag.retrievers.dense import scored_passages
from rag.retrievers.filtering import FilteringRetriever
from rag.retrievers.language_geometry import LanguageGeometry


class CorrectedRetriever(FilteringRetriever):
    """The passages in the other language nearest to the question, both without what they say of language.

    The score is the passage's own vector's product with the corrected question's, by which they are found.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    geometry: LanguageGeometry
    vector: NDArray[np.float32]  # the question's
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        chinese = language_of(query) == "zh"
        wanted = in_other_language(query, filter or self.filter)
        if wanted is None:
            return []
        vector = self.vector
        if self.geometry.is_known:
            vector = self.geometry.correct(vector[None], chinese=chinese)[0]
        hits = self.knowledge_base.search_dense(vector, self.k, wanted)
        return scored_passages(self.knowledge_base, hits)


class TranslatedRetriever(FilteringRetriever):
    """The passages in the other language that have the question's words in translation."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    k: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        hits = self.knowledge_base.search_translated(query, self.k, filter or self.filter)
        return scored_passages(self.knowledge_base, hits)
