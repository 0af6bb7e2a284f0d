"""``python -m rag verify``: prove that the knowledge base agrees with itself."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rag.build import open_knowledge_base


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "verify",
        parents=[common],
        help="prove that catalogue, vectors, dense and lexical index agree and spans hold",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; exit status 1 when something doesn't agree."""
    with open_knowledge_base(args.settings) as knowledge_base:
        report = knowledge_base.verify()
    if args.json:
        print(json.dumps({"ok": report.ok, **asdict(report)}, ensure_ascii=False, default=list))
        return 0 if report.ok else 1
    for problem in report.problems:
        print(f"PROBLEM  {problem}")
    if report.behind:
        print("behind: written but unpublished work; run `python -m ingest` on its folder again to finish it")
    if report.ok:
        print("ok: catalogue, vectors, dense index and lexical index agree, and every span holds")
    else:
        print("not ok: run `python -m ingest DIR --rebuild`, or search once to rebuild a derived index")
    return 0 if report.ok else 1
