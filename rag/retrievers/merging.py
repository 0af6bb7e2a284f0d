"""One ranking of passages in the question's language and in others.

Scores of the two kinds don't compare: a question's words are in passages of its own language, and its vector
is nearer to them, whether they answer it or not. So passages in another language are scored by a small linear
model: how good they are among their like, and how good the best of either kind is. The weights were fitted by
listwise softmax (Cao et al., "Learning to rank", ICML 2007) on fit halves of eleven question sets, four of
which ask in the other language: ``python -m training merging SETS --fit``.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from rag.retrievers.candidates import Candidates, Scores

LEXICAL_WEIGHT = 0.1  # standard deviations of the cosine for each of BM25
TRANSLATED_WEIGHT = 0.2
WEIGHTS: Mapping[str, float] = {
    "own": 1.603,
    "corrected": 0.908,
    "translated": 0.199,
    "translated per term": 0.479,
    "dense": 0.516,
    "lexical per term": -0.652,
    "constant": -0.098,
    "best own": 0.464,
    "best foreign": -0.392,
    "own coverage": -0.298,
    "foreign coverage": 0.183,
    "own agreement": -0.102,
    "foreign agreement": 0.986,
}


def merge_scores(candidates: Candidates, weights: Mapping[str, float] = WEIGHTS) -> Scores:
    """A score for each candidate by which all of them can be ranked together."""
    features = merging_features(candidates)
    scores: Scores = features @ np.array([weights[name] for name in FEATURES])
    return scores


FEATURES = tuple(WEIGHTS)


def merging_features(candidates: Candidates) -> NDArray[np.float64]:
    """What the merged score is a weighted sum of, in the order of ``FEATURES``: shape (candidates, features).

    The first is of passages in the question's language only and 0 for the others; all others the reverse.
    """
    own = candidates.dense + LEXICAL_WEIGHT * candidates.lexical
    foreign = candidates.corrected + TRANSLATED_WEIGHT * candidates.translated
    at_home, abroad = ~candidates.foreign, candidates.foreign
    lexical, translated = candidates.lexical / candidates.terms, candidates.translated / candidates.terms
    best_own, own_coverage, own_agreement = _best(own, candidates.dense, lexical, at_home)
    best_foreign, foreign_coverage, foreign_agreement = _best(
        foreign, candidates.corrected, translated, abroad
    )
    each = [foreign * 0, candidates.corrected, candidates.translated, translated, candidates.dense, lexical]
    of_question = [
        1.0,
        best_own,
        best_foreign,
        own_coverage,
        foreign_coverage,
        own_agreement,
        foreign_agreement,
    ]
    features = np.stack([*each, *(np.full(len(own), value) for value in of_question)], axis=1)
    features[at_home] = 0.0
    features[:, 0] = np.where(at_home, own, 0.0)
    return features


def _best(
    scores: Scores, dense: Scores, lexical: Scores, of: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """The best score of a kind, its share of the question's words, and whether both searches put it first."""
    if not of.any():
        return 0.0, 0.0, 0.0
    rows = np.flatnonzero(of)
    best = rows[int(np.argmax(scores[rows]))]
    ranks = [int((search[rows] > search[best]).sum()) for search in (dense, lexical)]
    return float(scores[best]), float(lexical[best]), sum(1 / (1 + rank) for rank in ranks)


def reciprocal_rank_fusion(rankings: Iterable[Iterable[str]], constant: float) -> dict[str, float]:
    """Ids by the sum of 1 / (constant + rank) over the rankings, ranks starting at 1, best first.

    Equal sums keep the order of first appearance. Source: Cormack, Clarke and Büttcher, "Reciprocal Rank
    Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.
    """
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (constant + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
