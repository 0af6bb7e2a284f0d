"""``eval calibrate``: what the confidence of answers is fitted by."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.calibrating import Labelled, fit_calibration, held_out, quality, read_labelled
from rag.errors import EvalError

_COLUMNS = ("auroc", "aurc", "ece", "right kept", "wrong withheld", "wrong of given")


def add_calibrate_command(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "calibrate",
        help="fit the confidence of answers to a run's",
        description="Fit how probable it is that an answer is right to the answers of a run, and choose the "
        "probability below which answers are withheld. What it prints is held out: each set is judged by a "
        "fit to the others. Run it on questions that you don't report on.",
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--system", default="default", metavar="NAME", help="the run's (default: default)")
    parser.add_argument(
        "--risk", type=float, default=0.25, help="the share of answers given that may be wrong (default: .25)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to, for answering.calibration")
    parser.set_defaults(handler=run_calibrate)


def run_calibrate(args: argparse.Namespace) -> int:
    """Fit, print what it is worth, and write it down."""
    if not 0 < args.risk < 1:
        raise EvalError(f"a risk of {args.risk} isn't between 0 and 1; give --risk 0.25, say")
    labelled = read_labelled(args.run, args.system)
    settings = _settings_of(args.run, args.system)
    made = fit_calibration(
        labelled,
        generator=settings["generator"]["model"],
        embedder=settings["embedder"]["model"],
        risk=args.risk,
    )
    print(_table(labelled, held_out(labelled, list(made.weights)), made.threshold))
    print(f"\nwithheld below {made.threshold}; weights: {json.dumps(made.weights)}")
    if args.out is not None:
        try:
            args.out.write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise EvalError(f"can't write {args.out}: {error.strerror}; name another with --out") from error
    return 0


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
