"""``eval trust``: how far answers can be trusted, by language."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from eval.runs.scores import read_answers
from eval.statistics import Estimate
from eval.trust import MEASURES, TIMES, by_language, measure, seconds
from rag.command_line import SeveralValues, new_app

_LANGUAGES = {"zh": "Chinese", "en": "English"}


app = new_app()


@app.command("trust", cls=SeveralValues)
def trust(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="runs' folders")],
    systems: Annotated[
        list[str] | None, typer.Option(metavar="NAME...", help="a column for each (default: default)")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option(metavar="SET...", help="only these sets of the runs")
    ] = None,
) -> int:
    """How far the answers of runs can be trusted: right, cited, declined, by language.

    One table over all sets of the runs: what is right, cited and declined, with 95 % intervals and numbers of
    questions, and how soon it comes; a column for each system and language. A question that several runs
    asked counts once, but for one that only some hold the answer to.
    """
    columns = []
    for system in systems or ["default"]:
        asked = {
            (name, each["id"], each["answerable"]): each
            for run in runs
            for name, found in read_answers(run, system).items()
            if sets is None or name in sets
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
