"""Searches for passages in the other language than the question's."""

from dataclasses import replace

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.language import language_of
from rag.retrievers.dense import scored_passages
from rag.retrievers.filtering import FilteringRetriever
from rag.retrievers.language_geometry import LanguageGeometry

_CHINESE, _OTHERS = ("zh",), ("en", "ja", "ko")


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
        wanted = other_language(filter or self.filter, chinese=chinese)
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


def other_language(filter: Filter | None, *, chinese: bool) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing."""
    filter = filter or Filter()
    others = _OTHERS if chinese else _CHINESE
    allowed = tuple(each for each in filter.lang if (each != "zh") == chinese) if filter.lang else others
    return replace(filter, lang=allowed) if allowed else None
