"""``python -m eval``: measure answers on questions with gold data.

Results go to standard output, progress to standard error. Exit status 0, or 1 for an error.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from eval.answers import Scored, Summary, ask_all, records
from eval.comparing import compare_systems, regressions, to_markdown
from eval.datasets import read_beir
from eval.questions import read_questions
from eval.runs.retrieval import RetrievalPlan, run_retrieval
from eval.runs.scores import read_scores
from eval.systems import RETRIEVAL_SYSTEMS
from rag.build import build_answer_chain
from rag.errors import EvalError, RagError
from rag.settings import load_settings


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measure answers on gold questions.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    answers = subparsers.add_parser("answers", help="ask questions and score answers and citations")
    answers.add_argument("--questions", type=Path, required=True, metavar="FILE", help="JSONL, see README")
    answers.add_argument("--kb", type=Path, metavar="DIR", help="the knowledge base (default: .wenju)")
    answers.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    answers.add_argument("--generator", metavar="NAME", help="as in `python -m rag ask`")
    answers.add_argument("--out", type=Path, metavar="DIR", help="write answers.jsonl and summary.json there")
    answers.set_defaults(handler=run_answers)
    retrieval = subparsers.add_parser("retrieval", help="rank the documents of question sets")
    retrieval.add_argument("--sets", type=Path, nargs="+", required=True, metavar="DIR", help="BEIR's form")
    retrieval.add_argument("--pool", action="store_true", help="ask each set against all sets' documents")
    retrieval.add_argument("--systems", nargs="+", default=list(RETRIEVAL_SYSTEMS), metavar="NAME")
    retrieval.add_argument("--cross", action="store_true", help="also the sets' cross-language questions")
    retrieval.add_argument("--sample", type=int, metavar="N", help="questions of each set (default: 1,000)")
    retrieval.add_argument("--seed", type=int, default=0)
    retrieval.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    retrieval.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run's folder")
    retrieval.set_defaults(handler=run_retrieval_command)
    comparing = subparsers.add_parser("compare", help="what the difference between two runs shows")
    comparing.add_argument("runs", nargs=2, metavar="RUN[:SYSTEM]")
    gate = subparsers.add_parser("gate", help="exit with 1 if a run is significantly worse than another")
    gate.add_argument("run", metavar="RUN[:SYSTEM]")
    gate.add_argument("--baseline", required=True, metavar="RUN[:SYSTEM]")
    gate.add_argument("--tolerance", type=float, default=0.0, help="a fall of so much may pass (default: 0)")
    for each in (comparing, gate):
        each.add_argument("--measures", nargs="+", default=["nDCG@10"], metavar="NAME")
        each.add_argument("--seed", type=int, default=0)
    comparing.set_defaults(handler=run_compare)
    gate.set_defaults(handler=run_gate)
    args = parser.parse_args(argv)
    try:
        return int(args.handler(args))
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def run_answers(args: argparse.Namespace) -> int:
    """Ask, score, print a table, and write the run folder where one was asked for."""
    settings = load_settings(args.config)
    if args.kb is not None:
        settings = settings.override("knowledge_base", path=args.kb)
    if args.generator:
        settings = settings.override("generator", model=args.generator)
    questions = read_questions(args.questions)
    scored, summary = ask_all(questions, build_answer_chain(settings).invoke)
    if args.out is not None:
        write_run(args.out, scored, summary)
    print(table(scored, summary))
    return 0


def run_retrieval_command(args: argparse.Namespace) -> int:
    """Rank, score, write the run folder and print a table."""
    sets = [each for folder in args.sets for each in read_beir(folder) if args.cross or "@" not in each.name]
    plan = RetrievalPlan(sets, args.systems, args.pool, args.sample, args.seed)
    summary = run_retrieval(plan, load_settings(args.config), args.out)
    print("| set | system | questions | nDCG@10 | R@100 | Success@1 |")
    print("|---|---|---|---|---|---|")
    for name, systems in summary.items():
        for system, measures in systems.items():
            cells = [_interval(measures[each]) for each in ("nDCG@10", "R@100", "Success@1")]
            print(f"| {name} | {system} | {measures['nDCG@10']['n']} | {' | '.join(cells)} |")
    return 0


def run_compare(args: argparse.Namespace) -> int:
    """Print what the difference between two runs shows."""
    first, second = map(read_scores, args.runs)
    print(to_markdown(compare_systems(first, second, args.measures, args.seed)))
    return 0


def run_gate(args: argparse.Namespace) -> int:
    """Exit status 1 where a measure fell significantly, and by more than the tolerance."""
    baseline, run = read_scores(args.baseline), read_scores(args.run)
    fallen = regressions(compare_systems(baseline, run, args.measures, args.seed), args.tolerance)
    for each in fallen:
        print(f"REGRESSION  {each}")
    print("not ok" if fallen else "ok: no significant regression")
    return 1 if fallen else 0


def _interval(estimate: Mapping[str, float | int | None]) -> str:
    if estimate["mean"] is None:
        return "unmeasured"
    return f"{estimate['mean']:.3f} ({estimate['low']:.3f}–{estimate['high']:.3f})"


def write_run(folder: Path, scored: list[Scored], summary: Summary) -> None:
    """Write ``answers.jsonl`` and ``summary.json``.

    Raises:
        EvalError: the folder can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records(scored))
        (folder / "answers.jsonl").write_text(lines, encoding="utf-8")
        (folder / "summary.json").write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise EvalError(f"can't write the run folder {folder}: {error.strerror}") from error


def table(scored: list[Scored], summary: Summary) -> str:
    """The outcome as Markdown: a line per question, then the counts."""
    rows = ["| question | right | cited | declined | answer |", "|---|---|---|---|---|"]
    for each in scored:
        text = each.error or " ".join(each.answer.split())[:100].replace("|", "\\|")
        marks = ("yes" if mark else "no" for mark in (each.right, each.cited, each.abstained))
        rows.append(f"| {each.id} | {' | '.join(marks)} | {text} |")
    rows.append("")
    rows.extend(f"{name.replace('_', ' ')}: {value}" for name, value in asdict(summary).items())
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
