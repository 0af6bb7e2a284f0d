"""Curated entries in the order in which their questions fit, and first where one is surely asked."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict

from rag.curated import FaqMatcher
from rag.filter import Filter
from rag.passage import with_score
from rag.retrievers.filtering import WrappingRetriever, retrieve


class CuratedRetriever(WrappingRetriever):
    """What ``retriever`` finds, with the curated entries among it put in the order in which they fit.

    Entries change places with entries only, so other passages keep theirs; but the one that the question
    surely asks, by ``matcher``, comes first. (That a likely one does too gained on sets of nothing
    but entries, and cost far more on the sample, where most answers stand elsewhere.) Scores stay with the
    places.
    Documents whose source is ``left_out`` take no part.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    matcher: FaqMatcher
    k: int = 10
    left_out: frozenset[str] = frozenset()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        wanted = filter or self.filter
        with self.matcher.knowledge_base.pinned():
            config: RunnableConfig = {"callbacks": run_manager.get_child()}
            found = retrieve(self.retriever, query, wanted, config)
            found = [each for each in found if each.metadata.get("source") not in self.left_out]
            considered = self.matcher.consider(query, wanted, self.left_out)
        ranked = reorder(found, considered.ranked)
        match = considered.match
        if match is None or match.verdict != "sure":
            return ranked
        return put_first(ranked, match.entry.passage)[: self.k]

    def leaving_out(self, sources: frozenset[str]) -> Self:
        """The same, as if documents of these sources weren't there."""
        return super().leaving_out(sources).model_copy(update={"left_out": sources})


def reorder(found: Sequence[Document], entries: Sequence[str]) -> list[Document]:
    """The passages found, those whose ids are ``entries`` in their order, in the places they have together.

    Each carries the score of its new place.
    """
    places = {name: place for place, name in enumerate(entries)}
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
