"""How probable it is that an answer is right, fitted to answers whose rightness a run has measured.

What is printed is held out: each set is judged by a fit to the others.
"""

import datetime
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from eval.measures.abstention import Outcome, calibration, risk_coverage
from eval.measures.answers import is_right
from eval.runs.scores import read_answers
from rag.answering.confidence import Calibration
from rag.errors import EvalError, TrainingError
from training.fit.logistic import auroc, fit_logistic
from training.tables import cell, markdown_table

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
# Where the reader read what was found.
SIGNALS_READ = ("nowhere", "best span", "relevance", "agreement", "mean likelihood")
_FEWEST = 40  # answers of each kind, right and wrong: with fewer there is nothing to fit
_RIDGE = 1.0


_GIVEN = ("right kept", "wrong withheld", "wrong of given")
_QUALITIES = ("auroc", "aurc", "ece", *_GIVEN)
_THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A draft with what was measured of it, and whether it is right; also where it was withheld."""

    set_name: str
    id: str
    answerable: bool
    signals: dict[str, float]
    right: bool


def confidence(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="folders of runs")],
    system: Annotated[str, typer.Option(metavar="NAME", help="the run's system")] = "default",
    keep: Annotated[
        float,
        typer.Option(
            help="the share of right answers that are to be given; so many of the wrong ones as go with the "
            "rest are withheld"
        ),
    ] = 0.9,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="where to, for answering.calibration")
    ] = None,
) -> None:
    """Fit how probable it is that an answer is right to the answers of runs, and choose the probability below
    which answers are withheld. Run it on questions that you don't report on.
    """
    if not 0 < keep <= 1:
        raise TrainingError(f"a share of {keep} isn't between 0 and 1; give --keep 0.9, say")
    labelled = [each for run in runs for each in read_labelled(run, system)]
    settings = _settings_of(runs[0], system)
    if any(_models(_settings_of(run, system)) != _models(settings) for run in runs):
        raise TrainingError("the runs were made with different models; fit to each by itself")
    generator, embedder, adapter = _models(settings)
    made = fit_calibration(labelled, generator=generator, embedder=embedder, adapter=adapter, keep=keep)
    chances = held_out(labelled, list(made.weights))
    print(_by_set(labelled, chances, made.threshold))
    print(f"\n{_by_threshold(labelled, chances)}")
    print(f"\nwithheld below {made.threshold}; weights: {json.dumps(made.weights)}")
    if out is not None:
        try:
            out.write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"can't write {out}: {error.strerror}; name another with --out") from error


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
        TrainingError: there are too few drafts.
    """
    right = np.array([each.right for each in labelled], dtype=np.float64)
    if min(right.sum(), (1 - right).sum()) < _FEWEST:
        raise TrainingError(
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
    for needed, better in (
        ("declining", SIGNALS_ASKED_APART),
        ("agreement", SIGNALS_READ_TWICE),
        ("nowhere", SIGNALS_READ),
    ):
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


def _matrix(labelled: Sequence[Labelled], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[each.signals[name] for name in names] for each in labelled], dtype=np.float64)


def _mean(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _models(settings: dict[str, Any]) -> tuple[str, str, str]:
    return settings["generator"]["model"], settings["embedder"]["model"], settings.get("adapter", "")


def _settings_of(run: Path, system: str) -> dict[str, Any]:
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    settings: dict[str, Any] = facts["systems"][system]
    return settings


def _by_set(labelled: Sequence[Labelled], chances: NDArray[np.float64], threshold: float) -> str:
    rows = []
    for name in [*sorted({each.set_name for each in labelled}), "all"]:
        places = [place for place, each in enumerate(labelled) if name in (each.set_name, "all")]
        some = [labelled[place] for place in places]
        values = quality(some, chances[places], threshold)
        right = sum(each.right for each in some) / len(some)
        rows.append([name, str(len(some)), cell(right), *(cell(values[each]) for each in _QUALITIES)])
    return markdown_table(["set", "answers", "right", *_QUALITIES], rows)


def _by_threshold(labelled: Sequence[Labelled], chances: NDArray[np.float64]) -> str:
    """What each threshold would do, to choose another one by."""
    rows = []
    for threshold in _THRESHOLDS:
        values = quality(labelled, chances, threshold)
        rows.append([str(threshold), *(cell(values[each]) for each in _GIVEN)])
    return markdown_table(["withheld below", *_GIVEN], rows)
