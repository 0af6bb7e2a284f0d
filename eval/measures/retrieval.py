"""How well documents are ranked, by ``ir_measures`` (MacAvaney, Macdonald and Ounis, ECIR 2022)."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ir_measures

# nDCG: Järvelin and Kekäläinen, 2002, in trec_eval's form: the gain itself over log2 of rank + 1.
MEASURES = ("nDCG@10", "R@5", "R@20", "R@100", "RR@10", "Success@1", "Success@5")

Ranking = Sequence[tuple[str, float]]  # document id, score


def rank_documents(passages: Iterable[tuple[str, float]]) -> Ranking:
    """The ranking of documents that a ranking of passages makes: each counts by its best passage.

    Args:
        passages: document id and score of each passage; a higher score is better.

    Of equal scores the one that was given first is first: that is the order the system chose.

    Raises:
        ValueError: a score is not a number.
    """
    best: dict[str, float] = {}
    for document, score in passages:
        if math.isnan(score):
            raise ValueError(f"a passage of {document} has a score that is not a number")
        if document not in best or score > best[document]:
            best[document] = score
    first = {document: place for place, document in enumerate(best)}
    return sorted(best.items(), key=lambda each: (-each[1], first[each[0]]))


def score_rankings(
    run: Mapping[str, Ranking],
    qrels: Mapping[str, Mapping[str, int]],
    measures: Sequence[str] = MEASURES,
) -> dict[str, dict[str, float]]:
    """Score each judged question: question id → measure → value, in the order of the judgements.

    Args:
        run: question id → documents with scores, each once. Equal scores keep the given order.
        qrels: question id → document id → gain; a document that isn't judged has gain 0.
        measures: names as ``ir_measures`` has them.

    A judged question that the run lacks, or has nothing for, counts 0. A question that isn't judged, or has
    no relevant document, isn't scored.

    Raises:
        ValueError: a ranking has a document twice, or a score that is not a number.
    """
    judged = {
        question: dict(gains) for question, gains in qrels.items() if max(gains.values(), default=0) > 0
    }
    parsed: dict[Any, str] = {ir_measures.parse_measure(name): name for name in measures}
    # trec_eval breaks ties by id, which would make the figures depend on names; ranks have no ties.
    ranks = {question: _by_rank(question, run[question]) for question in judged if run.get(question)}
    scores = {question: dict.fromkeys(measures, 0.0) for question in judged}
    if ranks:
        for each in ir_measures.iter_calc(list(parsed), judged, ranks):
            scores[each.query_id][parsed[each.measure]] = float(each.value)
    return scores


def _by_rank(question: str, ranking: Ranking) -> dict[str, float]:
    """The documents with scores that fall by rank."""
    ordered = rank_documents(ranking)
    if len(ordered) != len(ranking):
        raise ValueError(f"the ranking for {question} has a document twice")
    return {document: float(-place) for place, (document, _) in enumerate(ordered)}
