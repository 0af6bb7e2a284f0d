"""``eval retrieval | answers | faq | robustness | all``: runs."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.commands.tables import table
from eval.datasets import EvalSet, read_sets
from eval.datasets.curated import as_curated
from eval.plan import Plan
from eval.report import write_report
from eval.runs.run import RunPlan, execute
from eval.systems import RETRIEVAL_SYSTEMS, System, read_systems
from rag.errors import EvalError
from rag.settings import Settings, load_settings

SAMPLE_QUESTIONS = Path("eval/data/kb.jsonl")
SAMPLE_FOLDER = Path("kb")


@dataclass(frozen=True, slots=True)
class Command:
    """What a command measures, in words, and the systems that it measures by default."""

    description: str
    systems: tuple[str, ...]
    columns: tuple[str, ...]  # of the table that it prints


COMMANDS: Mapping[str, Command] = {
    "retrieval": Command(
        "rank the documents of sets", RETRIEVAL_SYSTEMS, ("nDCG@10", "R@5", "R@100", "Success@1")
    ),
    "answers": Command(
        "answer the questions of sets",
        ("default",),
        (
            "right",
            "right_and_cited",
            "f1",
            "citation_precision",
            "citation_recall",
            "false_refusals",
            "false_answers",
        ),
    ),
    "faq": Command(
        "answer a benchmark of frequent questions",
        ("default",),
        ("Success@1", "right", "right_and_cited", "direct_precision", "direct_coverage", "false_answers"),
    ),
    "robustness": Command(
        "answer over noise, over nothing, from several documents, and from wrong ones",
        ("default",),
        (
            "noise@0",
            "noise@0.4",
            "noise@0.8",
            "rejection",
            "integration",
            "error_detection",
            "error_correction",
            "followed_documents",
        ),
    ),
    "all": Command(
        "measure retrieval and answers, and write a report",
        ("extractive",),
        ("nDCG@10", "R@5", "Success@1", "right", "right_and_cited", "false_refusals", "false_answers"),
    ),
}


def add_measuring_commands(subparsers: Any) -> None:
    """Add the commands that make runs."""
    for name, command in COMMANDS.items():
        parser = subparsers.add_parser(
            name, help=command.description, description=command.description.capitalize() + "."
        )
        parser.add_argument(
            "--sets",
            type=Path,
            nargs="+",
            metavar="PATH",
            help="folders in BEIR's form, or files: SQuAD's .json, a benchmark of questions and answers in "
            f".csv or .jsonl (default: the sample's questions, {SAMPLE_QUESTIONS} on {SAMPLE_FOLDER}/)",
        )
        parser.add_argument("--folder", type=Path, metavar="DIR", help="the files that questions are about")
        parser.add_argument("--kb", type=Path, metavar="DIR", help="or the knowledge base that holds them")
        parser.add_argument("--pool", action="store_true", help="ask each set against all sets' documents")
        parser.add_argument(
            "--beside",
            type=Path,
            nargs="+",
            default=[],
            metavar="PATH",
            help="sets whose documents are in the pool, too, but whose questions aren't asked",
        )
        parser.add_argument(
            "--faq-sets",
            nargs="+",
            default=[],
            metavar="SET",
            help="take a set's documents as curated entries: titles are questions, texts answers (or, in a "
            "set without answers, phrasings, one a line)",
        )
        parser.add_argument(
            "--half",
            choices=("fit", "kept", "report"),
            help="only questions on this half of each set: fit on the one, report on the other (kept: the "
            "part of fit that nothing is trained on)",
        )
        parser.add_argument("--cross", action="store_true", help="also the sets' cross-language questions")
        parser.add_argument(
            "--remove-gold",
            nargs="+",
            default=[],
            metavar="SET",
            help="take half of a set's documents away, so that their questions can't be answered",
        )
        parser.add_argument("--systems", nargs="+", default=list(command.systems), metavar="NAME")
        parser.add_argument("--systems-file", type=Path, metavar="FILE", help="more systems, in TOML")
        parser.add_argument("--generator", metavar="NAME", help="instead of the settings'")
        parser.add_argument(
            "--sample", type=int, metavar="N", help="questions of each set (default: the first 1,000)"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="generate every answer anew, so that all are timed"
        )
        parser.add_argument("--seed", type=int, default=0, help="of samples and intervals (default: 0)")
        if name in ("robustness", "all"):
            parser.add_argument(
                "--cases", type=int, default=50, metavar="N", help="questions of each kind (default: 50)"
            )
        parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
        parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: in runs/)")
        parser.set_defaults(handler=measure, command=name)


def measure(args: argparse.Namespace) -> int:
    """Make a run, print its table, and for `all` write the report."""
    if args.sample is not None and args.sample < 1:
        raise EvalError(f"--sample {args.sample} asks nothing; give a number from 1 on")
    settings = load_settings(args.config)
    if args.generator:
        settings = settings.override("generator", model=args.generator)
    beside = [each for path in args.beside for each in read_sets(path) if "@" not in each.name]
    plan = Plan(_read(args), args.pool, args.sample, args.seed, tuple(args.remove_gold), beside, args.half)
    systems = read_systems(args.systems, settings, args.systems_file)
    run = replace(_plan_run(args, plan, systems, settings), fresh=args.fresh)
    folder, summary = execute(run, args.out)
    print(table(summary, COMMANDS[args.command].columns))
    if args.command == "all":
        page, _ = write_report([folder], folder)
        print(f"report: {page}", file=sys.stderr)
    print(f"run: {folder}", file=sys.stderr)
    return 0


def _plan_run(args: argparse.Namespace, plan: Plan, systems: Sequence[System], settings: Settings) -> RunPlan:
    match args.command:
        case "retrieval":
            return RunPlan("retrieval", plan, retrieval=systems)
        case "answers":
            return RunPlan("answers", plan, answers=systems)
        case "faq":
            ranking = [each for each in systems if each.evidence == "retrieved"]
            return RunPlan("faq", plan, retrieval=ranking, answers=systems, faq=True)
        case "robustness":
            return RunPlan("robustness", plan, robustness=systems, cases=args.cases)
    ranking = read_systems(RETRIEVAL_SYSTEMS, settings, args.systems_file)
    robust = systems if any(each.folder is None and each.knowledge_base is None for each in plan.sets) else []
    return RunPlan(
        "all", plan, retrieval=ranking, answers=systems, robustness=robust, faq=True, cases=args.cases
    )


def _read(args: argparse.Namespace) -> list[EvalSet]:
    if args.folder is not None and args.kb is not None:
        raise EvalError("--folder and --kb both name the documents; give one of them")
    paths, folder = args.sets, args.folder
    if paths is None:
        paths, folder = [SAMPLE_QUESTIONS], folder or (None if args.kb else SAMPLE_FOLDER)
        if not SAMPLE_QUESTIONS.is_file():
            raise EvalError(f"there is no {SAMPLE_QUESTIONS} here; name your own set with --sets")
    sets = [each for path in paths for each in read_sets(path, folder=folder, knowledge_base=args.kb)]
    sets = as_curated(sets, args.faq_sets)
    return [each for each in sets if args.cross or "@" not in each.name]
