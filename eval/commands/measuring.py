"""``eval retrieval | answers | faq | robustness | all``: runs."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from eval.datasets import EvalSet, read_sets
from eval.datasets.curated_sets import as_curated
from eval.report import write_report
from eval.runs.run import RunPlan, execute
from eval.runs.summary import table
from eval.selection import Selection
from eval.systems import RETRIEVAL_SYSTEMS, System, read_systems
from rag.command_line import Config, Generator, SeveralValues, new_app
from rag.errors import EvalError
from rag.settings import load_settings

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


app = new_app()
_WITH_CASES = ("robustness", "all")


def measure(
    ctx: typer.Context,
    sets: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH...",
            help="folders in BEIR's form, or files: SQuAD's .json, a benchmark of questions and answers in "
            f".csv or .jsonl (default: the sample's questions, {SAMPLE_QUESTIONS} on {SAMPLE_FOLDER}/)",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="the files that questions are about")
    ] = None,
    kb: Annotated[
        Path | None, typer.Option(metavar="DIR", help="or the knowledge base that holds them")
    ] = None,
    pool: Annotated[bool, typer.Option("--pool", help="ask each set against all sets' documents")] = False,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH...",
            help="sets whose documents are in the pool, too, but whose questions aren't asked",
        ),
    ] = None,
    faq_sets: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET...",
            help="take a set's documents as curated entries: titles are questions, texts answers (or, in a "
            "set without answers, phrasings, one a line)",
        ),
    ] = None,
    half: Annotated[
        Literal["fit", "kept", "report"] | None,
        typer.Option(
            help="only questions on this half of each set: fit on the one, report on the other (kept: the "
            "part of fit that nothing is trained on)",
        ),
    ] = None,
    cross: Annotated[bool, typer.Option("--cross", help="also the sets' cross-language questions")] = False,
    remove_gold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET...",
            help="take half of a set's documents away, so that their questions can't be answered",
        ),
    ] = None,
    systems: Annotated[list[str] | None, typer.Option(metavar="NAME...", help="what is measured")] = None,
    systems_file: Annotated[Path | None, typer.Option(metavar="FILE", help="more systems, in TOML")] = None,
    generator: Generator = None,
    sample: Annotated[
        int | None, typer.Option(metavar="N", help="questions of each set (default: the first 1,000)")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="generate every answer anew, so that all are timed")
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", help="of samples and intervals")] = 0,
    cases: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="questions of each kind, of `robustness` and `all` alone (default: 50)"
        ),
    ] = None,
    config: Config = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="the run's folder (default: in runs/)")
    ] = None,
) -> int:
    """Make a run, print its table, and for `all` write the report."""
    name = str(ctx.info_name)
    command = COMMANDS[name]
    if cases is not None and name not in _WITH_CASES:
        raise typer.BadParameter(f"--cases is an option of {' and '.join(_WITH_CASES)} alone")
    if sample is not None and sample < 1:
        raise EvalError(f"--sample {sample} asks nothing; give a number from 1 on")
    settings = load_settings(config, generator=generator)
    others = [each for path in beside or () for each in read_sets(path) if "@" not in each.name]
    asked = _read(sets, folder, kb, faq_sets or (), cross=cross)
    selection = Selection(asked, pool, sample, seed, tuple(remove_gold or ()), others, half)
    measured = read_systems(systems or command.systems, settings, systems_file)
    ranking = read_systems(RETRIEVAL_SYSTEMS, settings, systems_file) if name == "all" else ()
    run = replace(_plan_run(name, selection, measured, ranking), cases=cases or 50, fresh=fresh)
    folder, summary = execute(run, out)
    print(table(summary, command.columns))
    if name == "all":
        page, _ = write_report([folder], folder)
        print(f"report: {page}", file=sys.stderr)
    print(f"run: {folder}", file=sys.stderr)
    return 0


for _name, _command in COMMANDS.items():
    _help = f"{_command.description.capitalize()}."
    app.command(_name, cls=SeveralValues, help=_help)(measure)


def _plan_run(
    name: str, selection: Selection, systems: Sequence[System], ranking: Sequence[System]
) -> RunPlan:
    match name:
        case "retrieval":
            return RunPlan("retrieval", selection, retrieval=systems)
        case "answers":
            return RunPlan("answers", selection, answers=systems)
        case "faq":
            retrieving = [each for each in systems if each.evidence == "retrieved"]
            return RunPlan("faq", selection, retrieval=retrieving, answers=systems, faq=True)
        case "robustness":
            return RunPlan("robustness", selection, robustness=systems)
    robust = (
        systems if any(each.folder is None and each.knowledge_base is None for each in selection.sets) else []
    )
    return RunPlan("all", selection, retrieval=ranking, answers=systems, robustness=robust, faq=True)


def _read(
    paths: Sequence[Path] | None,
    folder: Path | None,
    kb: Path | None,
    faq_sets: Sequence[str],
    *,
    cross: bool,
) -> list[EvalSet]:
    if folder is not None and kb is not None:
        raise EvalError("--folder and --kb both name the documents; give one of them")
    if paths is None:
        paths, folder = [SAMPLE_QUESTIONS], folder or (None if kb else SAMPLE_FOLDER)
        if not SAMPLE_QUESTIONS.is_file():
            raise EvalError(f"there is no {SAMPLE_QUESTIONS} here; name your own set with --sets")
    sets = [each for path in paths for each in read_sets(path, folder=folder, knowledge_base=kb)]
    return [each for each in as_curated(sets, faq_sets) if cross or "@" not in each.name]
