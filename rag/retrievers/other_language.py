"""Searching for passages in the other language than the question's, and scoring them."""

from collections.abc import Sequence

import numpy as np

from rag.filter import Filter
from rag.knowledge_base import Snapshot
from rag.retrievers.language_geometry import LanguageGeometry, Vector
from rag.retrievers.translated_words import in_other_language
from rag.text.language import language_of


def search_corrected(
    snapshot: Snapshot,
    geometry: LanguageGeometry,
    query: str,
    vector: Vector,
    k: int,
    filter: Filter | None = None,
) -> list[tuple[str, float]]:
    """The ids of the ``k`` passages in the other language nearest to the question, without what its vector
    says of language; each with its own vector's product with the corrected question's.
    """
    wanted = in_other_language(query, filter)
    if wanted is None:
        return []
    if geometry.is_known:
        vector = geometry.correct(vector[None], chinese=language_of(query) == "zh")[0]
    return snapshot.search_dense(vector, k, wanted)


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
    if not geometry.is_known:
        mean, spread = geometry.scale(vector, chinese=other)
        return {each: (score - mean) / spread for each, score in snapshot.score_dense(vector, ids).items()}
    assert geometry.means is not None and geometry.direction is not None
    query = geometry.correct(vector[None], chinese=chinese)[0]
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
