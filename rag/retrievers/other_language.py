"""Passages in the other language than the question's: which language that is, the words, and the scores."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock

import numpy as np

from rag.filter import Filter
from rag.knowledge_base import Snapshot
from rag.retrievers.language_geometry import LanguageGeometry, Vector
from rag.text.analysis import Analyzer
from rag.text.language import CHINESE, OTHERS, language_of
from rag.text.translation import Dictionary, TermGroup, open_dictionary, translate_terms

_opening = Lock()


def question_groups(question: str, analyzer: Analyzer) -> list[TermGroup]:
    """The question's words with their translations; none where there is no dictionary (a warning said so).

    The first call of all makes the dictionary, which takes some seconds.
    """
    with _opening:
        dictionary = _dictionary()
    return translate_terms(question, analyzer, dictionary) if dictionary is not None else []


@cache
def _dictionary() -> Dictionary | None:
    return open_dictionary(Analyzer())


def in_other_language(question: str, filter: Filter | None = None) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing.

    The other language is any but Chinese for a question in Chinese, and Chinese for others.
    """
    filter = filter or Filter()
    others = OTHERS if language_of(question) == "zh" else CHINESE
    allowed = tuple(each for each in others if not filter.lang or each in filter.lang)
    return replace(filter, lang=allowed) if allowed else None


def score_corrected(
    snapshot: Snapshot,
    geometry: LanguageGeometry,
    vector: Vector,
    ids: Sequence[str],
    *,
    chinese: bool,
) -> dict[str, float]:
    """Of passages in the other language, the corrected cosine with a question in this one.

    In standard deviations from its mean. Where there are too few passages to correct anything, of the cosine
    as it is.
    """
    other = not chinese
    if geometry.means is None or geometry.direction is None:
        mean, spread = geometry.scale(vector, chinese=other)
        return {each: (score - mean) / spread for each, score in snapshot.score_dense(vector, ids).items()}
    query = geometry.correct_query(vector, chinese=chinese)
    mean, spread = geometry.corrected_scale(query, chinese=other)
    shift, direction = geometry.means[other], geometry.direction
    along_query = snapshot.score_dense(query, ids)
    along_shift = snapshot.score_dense(shift, ids)  # of the vector made one long
    along_direction = snapshot.score_dense(direction, ids)
    length = float(np.linalg.norm(shift))
    on_query, on_direction = float(shift @ query), float(shift @ direction)
    found = {}
    for each in along_query:
        # |v - m|² without its part along the direction, for v of length 1
        squared = 1 + length**2 - 2 * length * along_shift[each] - (along_direction[each] - on_direction) ** 2
        cosine = (along_query[each] - on_query) / max(squared, 1e-9) ** 0.5
        found[each] = (cosine - mean) / spread
    return found
