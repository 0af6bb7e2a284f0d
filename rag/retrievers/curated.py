"""Curated entries in the order in which their questions fit, and first where one is surely asked."""

from collections.abc import Sequence

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from rag.faq import FaqMatcher
from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.passage import metadata_of, with_score
from rag.retrievers.filtering import FilteringRetriever, retrieve, without_sources

_ENTRIES = 100  # looked at: more than anyone reads


class CuratedRetriever(FilteringRetriever):
    """What ``retriever`` finds, with the curated entries among it put in the order of ``FaqMatcher.rank``.

    Entries change places with entries only, so other passages keep theirs; but the one that the question
    surely asks, by ``FaqMatcher.match``, comes first. (That a likely one does too gained on sets of nothing
    but entries, and cost far more on the sample, where most answers stand elsewhere.) Scores stay with the
    places.
    Documents whose source is ``left_out`` take no part.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: BaseRetriever
    knowledge_base: KnowledgeBase
    embeddings: Embeddings
    sure: float = 0.95
    k: int = 10
    left_out: frozenset[str] = frozenset()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        wanted = filter or self.filter
        with self.knowledge_base.pinned():
            config: RunnableConfig = {"callbacks": run_manager.get_child()}
            found = retrieve(self.retriever, query, wanted, config)
            found = [each for each in found if metadata_of(each)["source"] not in self.left_out]
            if not self.knowledge_base.questions().texts:
                return found
            vector = np.asarray(self.embeddings.embed_query(query), dtype=np.float32)
            hits = self.knowledge_base.search_questions(vector, _ENTRIES, wanted)
            matcher = FaqMatcher(self.knowledge_base, self.embeddings, sure=self.sure)
            entries = matcher.rank(vector, hits)
            entries = [each for each in entries if metadata_of(each)["source"] not in self.left_out]
            ranked = reorder(found, entries)
            names = {str(each.id) for each in entries}
            match = matcher.judge(query, vector, [hit for hit in hits if hit.passage_id in names])
        first = match.entry.passage if match is not None and match.verdict == "sure" else None
        return put_first(ranked, first)[: self.k] if first is not None else ranked

    def leaving_out(self, sources: frozenset[str]) -> "CuratedRetriever":
        """The same, as if documents of these sources weren't there."""
        inner = without_sources(self.retriever, sources)
        return self.model_copy(update={"retriever": inner, "left_out": sources})


def reorder(found: Sequence[Document], entries: Sequence[Document]) -> list[Document]:
    """The passages found, those that are ``entries`` in the order of these, in the places they have together.

    Each carries the score of its new place.
    """
    places = {str(each.id): place for place, each in enumerate(entries)}
    slots = [slot for slot, each in enumerate(found) if str(each.id) in places]
    ordered = sorted((found[slot] for slot in slots), key=lambda each: places[str(each.id)])
    ranked = list(found)
    for slot, passage in zip(slots, ordered, strict=True):
        ranked[slot] = with_score(passage, found[slot].metadata["score"])
    return ranked


def put_first(ranked: Sequence[Document], first: Document) -> list[Document]:
    """The passages with one of them, or another, before all others; it carries the best score."""
    rest = [each for each in ranked if each.id != first.id]
    best = max((float(each.metadata["score"]) for each in ranked), default=1.0)
    if ranked and ranked[0].id == first.id:
        return list(ranked)
    return [with_score(first, np.nextafter(best, np.inf).item()), *rest]
