"""Scores of given passages, for whoever found them elsewhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.knowledge_base.snapshots import Snapshots


class Scoring:
    """The part of a knowledge base that scores passages by their ids."""

    _snapshots: Snapshots

    def score_dense(self, vector: NDArray[np.float32], ids: Sequence[str]) -> dict[str, float]:
        """The cosine similarity to the vector of each of these passages, as ``search_dense`` gives it.

        A passage that isn't published has none.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension than the knowledge base's.
        """
        with self._snapshots.take(dense=True) as snapshot:
            return snapshot.score_dense(vector, ids)

    def score_lexical(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """The BM25 score of each of these passages for the query, as ``search_lexical`` gives it.

        0 where a passage has none of the query's terms; a passage that isn't published has no score.
        """
        with self._snapshots.take(lexical=True) as snapshot:
            return snapshot.score_lexical(query, ids)
