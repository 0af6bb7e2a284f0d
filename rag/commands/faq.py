"""``python -m rag faq``: the curated questions and answers, and those that say the same or contradict."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rag.build import open_knowledge_base
from rag.curated.duplicates import list_entries, same_questions


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "faq", parents=[common], help="list curated questions, and those asked twice or answered in two ways"
    )
    parser.add_argument("--json", action="store_true", help="print all of it as one JSON object")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; returns the exit status."""
    with open_knowledge_base(args.settings) as knowledge_base, knowledge_base.pinned():
        entries = list_entries(knowledge_base)
        pairs = same_questions(knowledge_base)
    if args.json:
        record = {
            "entries": [asdict(each) for each in entries],
            "same_questions": [
                {
                    "first": each.first.passage_id,
                    "second": each.second.passage_id,
                    "similarity": each.similarity,
                    "contradiction": each.contradiction,
                }
                for each in pairs
            ],
        }
        print(json.dumps(record, ensure_ascii=False))
        return 0
    for entry in entries:
        more = f"  (+{len(entry.questions) - 1} phrasings)" if len(entry.questions) > 1 else ""
        print(f"{entry.source}: {entry.questions[0]}{more}")
    print(f"{len(entries)} entries")
    for title, wanted in (("asked twice", False), ("answered in two ways", True)):
        chosen = [each for each in pairs if (each.contradiction is not None) == wanted]
        if chosen:
            print(f"{title}:")
        for each in chosen:
            differ = f": answers differ in {each.contradiction}" if each.contradiction else ""
            print(f"  {each.first.source}: {each.first.questions[0]}")
            print(f"  {each.second.source}: {each.second.questions[0]}  ({each.similarity:.2f}{differ})")
    return 0
