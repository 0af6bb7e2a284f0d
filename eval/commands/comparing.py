"""``eval compare | gate | report``: what runs show."""

import argparse
from pathlib import Path
from typing import Any

from eval.baseline import write_baseline
from eval.commands.tables import table
from eval.comparing import compare_systems, missing, regressions, to_markdown
from eval.generation_cache import cached_generator
from eval.judging import judge_run
from eval.report import write_report
from eval.runs.scores import read_scores
from rag.build import build_generator
from rag.settings import load_settings

_MEASURES = ("nDCG@10", "right", "right_and_cited", "false_answers", "false_refusals")


def add_comparing_commands(subparsers: Any) -> None:
    """Add the commands that read runs."""
    comparing = subparsers.add_parser("compare", help="what the difference between two runs shows")
    comparing.add_argument("runs", nargs=2, metavar="RUN[:SYSTEM]")
    comparing.set_defaults(handler=run_compare)
    gate = subparsers.add_parser("gate", help="exit with 1 if a run is significantly worse than another")
    gate.add_argument("run", metavar="RUN[:SYSTEM]")
    gate.add_argument("--baseline", required=True, metavar="RUN[:SYSTEM]")
    gate.add_argument("--tolerance", type=float, default=0.0, help="a fall of so much may pass (default: 0)")
    gate.set_defaults(handler=run_gate)
    keeping = subparsers.add_parser("baseline", help="keep a run's scores for later gates")
    keeping.add_argument("run", type=Path, metavar="RUN")
    keeping.add_argument("--out", type=Path, required=True, metavar="DIR")
    keeping.set_defaults(handler=run_baseline)
    for each in (comparing, gate, keeping):
        each.add_argument(
            "--measures",
            nargs="+",
            default=list(_MEASURES),
            metavar="NAME",
            help=f"those of them that there are (default: {' '.join(_MEASURES)})",
        )
        if each is not keeping:
            each.add_argument("--seed", type=int, default=0)
    judging = subparsers.add_parser(
        "judge",
        help="a model's opinion of a run's answers, kept apart from the figures",
        description="Ask a model whether each answer means what the reference answer says. Its opinion goes "
        "into files of its own and is never mixed with what is measured without a model.",
    )
    judging.add_argument("run", type=Path, metavar="RUN")
    judging.add_argument("--generator", metavar="NAME", help="the judge (default: the settings' generator)")
    judging.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    judging.set_defaults(handler=run_judge)
    report = subparsers.add_parser("report", help="a page and a Markdown file on one or more runs")
    report.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    report.add_argument("--out", type=Path, metavar="DIR", help="where to (default: the last run's folder)")
    report.set_defaults(handler=run_report)


def run_compare(args: argparse.Namespace) -> int:
    """Print what the difference between two runs shows."""
    first, second = map(read_scores, args.runs)
    print(to_markdown(compare_systems(first, second, args.measures, args.seed)))
    return 0


def run_gate(args: argparse.Namespace) -> int:
    """Exit status 1 where a measure is missing, or got significantly worse by more than the tolerance."""
    baseline, run = read_scores(args.baseline), read_scores(args.run)
    lacking = missing(baseline, run, args.measures)
    for each in lacking:
        print(f"MISSING  {each}")
    if lacking:
        print("not ok")
        return 1
    fallen = regressions(compare_systems(baseline, run, args.measures, args.seed), args.tolerance)
    for each in fallen:
        print(f"REGRESSION  {each}")
    print("not ok" if fallen else "ok: no significant regression")
    return 1 if fallen else 0


def run_judge(args: argparse.Namespace) -> int:
    """Have a run's answers judged, and print what came of it."""
    settings = load_settings(args.config).generator
    if args.generator:
        settings = settings.model_copy(update={"model": args.generator})
    found = judge_run(args.run, cached_generator(build_generator(settings), settings), settings.model)
    print(f"Opinions of the model {settings.model}, which are no measurements:\n")
    print(table(found["sets"], ("judge_right", "agreement", "unclear")))
    return 0


def run_baseline(args: argparse.Namespace) -> int:
    """Write the baseline."""
    print(f"{write_baseline(args.run, args.out, args.measures)} scores: {args.out}")
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Write the report and print where it is."""
    page, text = write_report(args.runs, args.out if args.out is not None else args.runs[-1])
    print(page)
    print(text)
    return 0
