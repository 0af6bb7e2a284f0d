"""How probable it is that the nearest entry is what was asked: a logistic regression, fitted on paraphrases.

The coefficients were made by ``python -m training curated SETS --fit`` on fit halves only, with the
default embedder. One in five of its questions, by weight, had its entry taken away, so that what is nearest
is wrong. Another embedder has other cosines: fit anew for it.
"""

import math
from dataclasses import dataclass

from rag.curated.features import Features

_SAME_WORDS = 0.99  # of a question that is the entry's own, word for word


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Of the features, in their order, and the constant."""

    score: float
    margin: float
    shared: float
    constant: float


SAME_LANGUAGE = Coefficients(15.89, 72.99, 1.74, -15.66)
OTHER_LANGUAGE = Coefficients(27.67, 149.22, 0.0, -25.23)


def probability(features: Features, *, same_words: bool = False) -> float:
    """The probability, between 0 and 1."""
    by = OTHER_LANGUAGE if features.crossing else SAME_LANGUAGE
    logit = (
        by.score * features.score + by.margin * features.margin + by.shared * features.shared + by.constant
    )
    fitted = 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))
    return max(fitted, _SAME_WORDS) if same_words else fitted
