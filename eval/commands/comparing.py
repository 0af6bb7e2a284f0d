"""``eval compare | gate | report``: what runs show."""

from pathlib import Path
from typing import Annotated

import typer

from eval.baseline import write_baseline
from eval.comparing import compare_systems, missing, regressions, to_markdown
from eval.generation_cache import cached_generator
from eval.judging import judge_run
from eval.report import write_report
from eval.runs.scores import read_scores
from eval.runs.summary import table
from rag.build import build_generator
from rag.command_line import Config, Generator, SeveralValues, new_app
from rag.settings import load_settings

_MEASURES = ("nDCG@10", "right", "right_and_cited", "false_answers", "false_refusals")


app = new_app()

Run = Annotated[Path, typer.Argument(metavar="RUN", help="a run's folder")]
Scores = Annotated[str, typer.Argument(metavar="RUN[:SYSTEM]", help="a run's folder, and one of its systems")]
Measures = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME...", help=f"those of them that there are (default: {' '.join(_MEASURES)})"),
]
Seed = Annotated[int, typer.Option(metavar="N")]


@app.command("compare", cls=SeveralValues)
def compare(first: Scores, second: Scores, measures: Measures = None, seed: Seed = 0) -> int:
    """What the difference between two runs shows."""
    runs = read_scores(first), read_scores(second)
    print(to_markdown(compare_systems(*runs, measures or _MEASURES, seed)))
    return 0


@app.command("gate", cls=SeveralValues)
def gate(
    run: Scores,
    baseline: Annotated[str, typer.Option(metavar="RUN[:SYSTEM]", help="what it is compared with")],
    tolerance: Annotated[float, typer.Option(metavar="SHARE", help="a fall of so much may pass")] = 0.0,
    measures: Measures = None,
    seed: Seed = 0,
) -> int:
    """Exit with 1 if a run is significantly worse than another, by more than the tolerance."""
    chosen = measures or list(_MEASURES)
    before, now = read_scores(baseline), read_scores(run)
    lacking = missing(before, now, chosen)
    for each in lacking:
        print(f"MISSING  {each}")
    if lacking:
        print("not ok")
        return 1
    fallen = regressions(compare_systems(before, now, chosen, seed), tolerance)
    for regression in fallen:
        print(f"REGRESSION  {regression}")
    print("not ok" if fallen else "ok: no significant regression")
    return 1 if fallen else 0


@app.command("baseline", cls=SeveralValues)
def baseline(
    run: Run,
    out: Annotated[Path, typer.Option(metavar="DIR", help="where to")],
    measures: Measures = None,
) -> int:
    """Keep a run's scores for later gates."""
    print(f"{write_baseline(run, out, measures or list(_MEASURES))} scores: {out}")
    return 0


@app.command("judge")
def judge(run: Run, generator: Generator = None, config: Config = None) -> int:
    """A model's opinion of a run's answers, kept apart from the figures.

    Ask a model whether each answer means what the reference answer says. Its opinion goes into files of its
    own and is never mixed with what is measured without a model.
    """
    settings = load_settings(config, generator=generator).generator
    found = judge_run(run, cached_generator(build_generator(settings), settings), settings.model)
    print(f"Opinions of the model {settings.model}, which are no measurements:\n")
    print(table(found["sets"], ("judge_right", "agreement", "unclear")))
    return 0


@app.command("report")
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="runs' folders, the newest last")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="where to (default: the last run's folder)")
    ] = None,
) -> int:
    """A page and a Markdown file on one or more runs."""
    page, text = write_report(runs, out if out is not None else runs[-1])
    print(page)
    print(text)
    return 0
