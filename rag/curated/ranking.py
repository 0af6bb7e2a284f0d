"""Curated entries in the order in which their questions fit, and first where one is surely asked.

Entries change places with entries only, so other passages keep theirs. (That a likely entry comes first, too,
gained on sets of nothing but entries, and cost far more on the sample, where most answers stand elsewhere.)
"""

from collections.abc import Sequence

import numpy as np
from langchain_core.documents import Document

from rag.passage import with_score


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
