"""``eval trust``: how far answers can be trusted, by language."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.runs.scores import read_answers
from eval.statistics import Estimate
from eval.trust import MEASURES, TIMES, by_language, measure, seconds

_LANGUAGES = {"zh": "Chinese", "en": "English"}


def add_trust_command(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "trust",
        help="how far the answers of runs can be trusted: right, cited, declined, by language",
        description="One table over all sets of the runs: what is right, cited and declined, with 95 % "
        "intervals and numbers of questions, and how soon it comes; a column for each system and language. "
        "A question that several runs asked counts once, but for one that only some hold the answer to.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--systems", nargs="+", default=["default"], metavar="NAME")
    parser.add_argument("--sets", nargs="+", metavar="SET", help="only these sets of the runs")
    parser.set_defaults(handler=run_trust)


def run_trust(args: argparse.Namespace) -> int:
    """Print the table."""
    columns = []
    for system in args.systems:
        asked = {
            (name, each["id"], each["answerable"]): each
            for run in args.runs
            for name, found in read_answers(run, system).items()
            if args.sets is None or name in args.sets
            for each in found
        }
        records = list(asked.values())
        columns += [
            (f"{system}, {_LANGUAGES[language]}", some)
            for language, some in by_language(records).items()
            if some
        ]
    print(f"| measure | {' | '.join(name for name, _ in columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    measured = [measure(records) for _, records in columns]
    for row, each in enumerate(MEASURES):
        print(_line(each.name, [column[row] for column in measured], 2))
    for name, stage in TIMES:
        print(_line(name, [seconds(records, stage) for _, records in columns], 1))
    return 0


def _line(name: str, estimates: Sequence[Estimate], digits: int) -> str:
    return f"| {name} | {' | '.join(_cell(each, digits) for each in estimates)} |"


def _cell(estimate: Estimate, digits: int) -> str:
    if estimate.value is None:
        return "–"
    interval = f" ({estimate.low:.{digits}f}–{estimate.high:.{digits}f})" if estimate.low is not None else ""
    return f"{estimate.value:.{digits}f}{interval} of {estimate.n}"
