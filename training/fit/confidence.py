"""Fits how probable it is that an answer is right to answers whose rightness a run has measured."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.measures.abstention import Outcome, calibration, risk_coverage
from eval.measures.answers import is_right
from eval.runs.scores import read_answers
from eval.statistics.logistic import fit_logistic
from rag.answering.confidence import Calibration
from rag.errors import EvalError

# Those of the signals that are used; chosen on fit halves: docs/decisions/0008-confidence.md.
SIGNALS = (
    "mean likelihood",
    "least likelihood",
    "cited rank",
    "quote coverage",
    "lead",
    "length",
)
# Where the generator was asked apart whether to decline. Chosen on the same halves, and so that they don't
# depend on how a knowledge base is cut and searched: ranks and leads do.
SIGNALS_ASKED_APART = ("declining", "mean likelihood", "quote coverage")
SIGNALS_READ_TWICE = ("declining", "agreement", "found mean likelihood", "crossing")
_FEWEST = 40  # answers of each kind, right and wrong: with fewer there is nothing to fit
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A draft with what was measured of it, and whether it is right; also where it was withheld."""

    set_name: str
    id: str
    answerable: bool
    signals: dict[str, float]
    right: bool


def read_labelled(run: Path, system: str) -> list[Labelled]:
    """The drafts of a run's system that have signals; declines of the generator's own have none.

    Raises:
        EvalError: there is no such run or system, or its lines have no signals.
    """
    found = []
    for name, records in read_answers(run, system).items():
        for record in records:
            told = record["answers"] or not record["answerable"]
            if not record.get("signals") or not told:
                continue
            right = record["answerable"] and is_right(record["draft"], record["answers"], record["lang"])
            found.append(Labelled(name, record["id"], record["answerable"], record["signals"], right))
    if not found:
        raise EvalError(
            f"no answer of {run}:{system} has signals: it was made by an older version; run it anew"
        )
    return found


def fit_calibration(
    labelled: Sequence[Labelled],
    *,
    generator: str,
    embedder: str,
    adapter: str = "",
    keep: float,
    names: Sequence[str] | None = None,
) -> Calibration:
    """A calibration of these drafts.

    Its threshold is the greatest probability at which the share ``keep`` of the right answers is still given,
    by probabilities of `held_out`, so that no draft was judged by a fit that knew it; its risk is the share
    of wrong ones among the answers given then.

    Raises:
        EvalError: there are too few drafts.
    """
    right = np.array([each.right for each in labelled], dtype=np.float64)
    if min(right.sum(), (1 - right).sum()) < _FEWEST:
        raise EvalError(
            f"{int(right.sum())} right and {int((1 - right).sum())} wrong answers are too few to fit "
            f"anything; ask until there are {_FEWEST} of each"
        )
    names = names or signals_for(labelled)
    weights = fit_logistic(_matrix(labelled, names), right, ridge=_RIDGE)
    chances = held_out(labelled, names)
    chosen = threshold_for(chances, right, keep)
    return Calibration(
        generator=generator,
        embedder=embedder,
        adapter=adapter,
        constant=round(float(weights[-1]), 5),
        weights={name: round(float(weight), 5) for name, weight in zip(names, weights, strict=False)},
        threshold=chosen,
        risk=round(float(1 - right[chances >= chosen].mean()), 4),
        fitted_on={
            "sets": ", ".join(sorted({each.set_name for each in labelled})),
            "answers": len(labelled),
            "right": int(right.sum()),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        },
    )


def signals_for(labelled: Sequence[Labelled]) -> list[str]:
    """The signals to fit: those that all drafts have, and few where the generator was asked apart."""
    names: Sequence[str] = SIGNALS
    for needed, better in (("declining", SIGNALS_ASKED_APART), ("agreement", SIGNALS_READ_TWICE)):
        if all(needed in each.signals for each in labelled):
            names = better
    return [name for name in names if all(name in each.signals for each in labelled)]


def held_out(labelled: Sequence[Labelled], names: Sequence[str]) -> NDArray[np.float64]:
    """Each draft's probability by a fit to the other sets' drafts, or, of one set, to four fifths of it."""
    groups = [each.set_name for each in labelled]
    if len(set(groups)) == 1:
        groups = [str(row % 5) for row in range(len(labelled))]
    matrix, right = _matrix(labelled, names), np.array([each.right for each in labelled], dtype=np.float64)
    chances = np.zeros(len(labelled))
    for group in set(groups):
        out = np.array([each == group for each in groups])
        weights = fit_logistic(matrix[~out], right[~out], ridge=_RIDGE)
        chances[out] = 1 / (1 + np.exp(-np.clip(matrix[out] @ weights[:-1] + weights[-1], -50, 50)))
    return chances


def threshold_for(chances: NDArray[np.float64], right: NDArray[np.float64], keep: float) -> float:
    """The greatest probability at which at least the share ``keep`` of the right answers is given."""
    of_right = np.sort(chances[right > 0])[::-1]
    needed = max(1, math.ceil(keep * len(of_right)))
    return math.floor(float(of_right[needed - 1]) * 10_000) / 10_000  # down: the answer there is given


def quality(
    labelled: Sequence[Labelled], chances: NDArray[np.float64], threshold: float
) -> dict[str, float | None]:
    """What probabilities are worth: AUROC, area under the risk–coverage curve, calibration error, and at the
    threshold the shares of right answers kept, of wrong ones withheld, of given ones wrong."""
    right = np.array([each.right for each in labelled])
    outcomes = [
        Outcome(f"{each.set_name} {each.id}", each.answerable, False, each.right, float(chance))
        for each, chance in zip(labelled, chances, strict=True)
    ]
    given = chances >= threshold
    return {
        "auroc": auroc(right, chances),
        "aurc": risk_coverage(outcomes).area,
        "ece": calibration(outcomes).ece,
        "right kept": _mean(given[right]),
        "wrong withheld": _mean(~given[~right]),
        "wrong of given": _mean(~right[given]),
    }


def auroc(right: NDArray[np.bool_], chances: NDArray[np.float64]) -> float | None:
    """The probability that a right answer has a greater chance than a wrong one; ties count half."""
    first, second = chances[right], chances[~right]
    if not len(first) or not len(second):
        return None
    above = (first[:, None] > second).mean() + 0.5 * (first[:, None] == second).mean()
    return float(above)


def _matrix(labelled: Sequence[Labelled], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[each.signals[name] for name in names] for each in labelled], dtype=np.float64)


def _mean(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None
