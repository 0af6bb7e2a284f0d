"""``eval generate``: a question set from one's own knowledge base."""

import argparse
from pathlib import Path
from typing import Any

from eval.generate import run_generate
from rag.settings import load_settings


def add_generate_command(subparsers: Any) -> None:
    """Add the command that makes question sets."""
    parser = subparsers.add_parser(
        "generate",
        help="make a question set from a knowledge base",
        description="Make a question set from a knowledge base: questions whose own passage answers them, "
        "and near misses that nothing in it answers. Read them before you trust figures made with them.",
    )
    parser.add_argument("--kb", type=Path, metavar="DIR", help="the knowledge base (default: the settings')")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSONL; gone on with")
    parser.add_argument("--questions", type=int, default=50, metavar="N", help="in all (default: 50)")
    parser.add_argument(
        "--unanswerable", type=float, default=0.3, metavar="SHARE", help="near misses (default: 0.3)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    parser.add_argument("--generator", metavar="NAME", help="instead of the settings'")
    parser.set_defaults(handler=run_generate_command)


def run_generate_command(args: argparse.Namespace) -> int:
    """Make the questions and say what became of the tries."""
    settings = load_settings(args.config)
    if args.generator:
        settings = settings.override("generator", model=args.generator)
    summary = run_generate(
        settings,
        args.kb if args.kb is not None else settings.knowledge_base.path,
        args.out,
        questions=args.questions,
        unanswerable=args.unanswerable,
        seed=args.seed,
    )
    print("\n".join(summary.lines()))
    print(f"{args.out}; measure with: python -m eval answers --sets {args.out} --kb {args.kb or 'KB'}")
    return 0
