"""``training confidence``: what the confidence of answers is fitted by."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import EvalError
from training.fit.confidence import Labelled, fit_calibration, held_out, quality, read_labelled

_COLUMNS = ("auroc", "aurc", "ece", "right kept", "wrong withheld", "wrong of given")


def add_confidence_command(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "confidence",
        help="fit the confidence of answers to a run's",
        description="Fit how probable it is that an answer is right to the answers of a run, and choose the "
        "probability below which answers are withheld. What it prints is held out: each set is judged by a "
        "fit to the others. Run it on questions that you don't report on.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--system", default="default", metavar="NAME", help="the run's (default: default)")
    parser.add_argument(
        "--keep",
        type=float,
        default=0.9,
        help="the share of right answers that are to be given (default: .9); so many of the wrong ones as go "
        "with the rest are withheld",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to, for answering.calibration")
    parser.set_defaults(handler=run_calibrate)


def run_calibrate(args: argparse.Namespace) -> int:
    """Fit, print what it is worth, and write it down."""
    if not 0 < args.keep <= 1:
        raise EvalError(f"a share of {args.keep} isn't between 0 and 1; give --keep 0.9, say")
    labelled = [each for run in args.runs for each in read_labelled(run, args.system)]
    settings = _settings_of(args.runs[0], args.system)
    if any(_models(_settings_of(run, args.system)) != _models(settings) for run in args.runs):
        raise EvalError("the runs were made with different models; calibrate each by itself")
    made = fit_calibration(
        labelled,
        generator=settings["generator"]["model"],
        embedder=settings["embedder"]["model"],
        adapter=settings.get("adapter", ""),
        keep=args.keep,
    )
    chances = held_out(labelled, list(made.weights))
    print(_table(labelled, chances, made.threshold))
    print(f"\n{_curve(labelled, chances)}")
    print(f"\nwithheld below {made.threshold}; weights: {json.dumps(made.weights)}")
    if args.out is not None:
        try:
            args.out.write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise EvalError(f"can't write {args.out}: {error.strerror}; name another with --out") from error
    return 0


def _models(settings: dict[str, Any]) -> tuple[str, str, str]:
    return settings["generator"]["model"], settings["embedder"]["model"], settings.get("adapter", "")


def _settings_of(run: Path, system: str) -> dict[str, Any]:
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    settings: dict[str, Any] = facts["systems"][system]
    return settings


def _table(labelled: Sequence[Labelled], chances: NDArray[np.float64], threshold: float) -> str:
    lines = [f"| set | answers | right | {' | '.join(_COLUMNS)} |", "|---" * (len(_COLUMNS) + 3) + "|"]
    for name in [*sorted({each.set_name for each in labelled}), "all"]:
        rows = [row for row, each in enumerate(labelled) if name in (each.set_name, "all")]
        some = [labelled[row] for row in rows]
        values = quality(some, chances[rows], threshold)
        right = sum(each.right for each in some) / len(some)
        cells = ["—" if (value := values[column]) is None else f"{value:.3f}" for column in _COLUMNS]
        lines.append(f"| {name} | {len(some)} | {right:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _curve(labelled: Sequence[Labelled], chances: NDArray[np.float64]) -> str:
    """What each threshold would do, to choose another one by."""
    columns = ("right kept", "wrong withheld", "wrong of given")
    lines = [f"| withheld below | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for threshold in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        values = quality(labelled, chances, threshold)
        cells = ["—" if (value := values[name]) is None else f"{value:.3f}" for name in columns]
        lines.append(f"| {threshold} | {' | '.join(cells)} |")
    return "\n".join(lines)
