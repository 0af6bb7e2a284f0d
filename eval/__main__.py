"""``python -m eval``: measure answers on questions with gold data.

Results go to standard output, progress to standard error. Exit status 0, or 1 for an error.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from eval.answers import Scored, Summary, ask_all, records
from eval.questions import read_questions
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
    args = parser.parse_args(argv)
    try:
        return run_answers(args)
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
