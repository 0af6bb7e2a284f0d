"""The candidates for a question's evidence, each with all of its scores."""

from dataclasses import dataclass

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

Scores = NDArray[np.float64]  # (candidates,)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages in either language with what every search says of them, whichever found them.

    ``foreign``: in another language than the question's. ``dense`` is the cosine's distance from its mean
    over passages in the question's language, in standard deviations; ``lexical`` BM25's score; ``corrected``
    as ``dense``, but of vectors without what they say of language and among passages in other languages;
    ``translated`` BM25's score for the question's words in translation. The last two are 0 for passages in
    the question's language. ``terms``: how many words of the question count.
    """

    passages: tuple[Document, ...]
    foreign: NDArray[np.bool_]
    dense: Scores
    lexical: Scores
    corrected: Scores
    translated: Scores
    terms: int

    def columns(self) -> dict[str, Scores]:
        """The scores of all searches by name."""
        return {
            "dense": self.dense,
            "lexical": self.lexical,
            "corrected": self.corrected,
            "translated": self.translated,
        }

    def own_scores(self, lexical_weight: float) -> Scores:
        """How good each is among the passages in the question's language."""
        scores: Scores = self.dense + lexical_weight * self.lexical
        return scores

    def foreign_scores(self, translated_weight: float) -> Scores:
        """How good each is among those in other languages."""
        scores: Scores = self.corrected + translated_weight * self.translated
        return scores
