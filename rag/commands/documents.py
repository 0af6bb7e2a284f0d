"""``python -m rag documents`` and ``python -m rag text``: what the knowledge base holds."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rag.build import open_knowledge_base


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the commands."""
    listing = subparsers.add_parser("documents", parents=[common], help="list the documents")
    listing.add_argument("--json", action="store_true", help="print all that is known of them, a JSON array")
    listing.set_defaults(handler=run_documents)
    text = subparsers.add_parser("text", parents=[common], help="print a document's stored text")
    text.add_argument("source", help="the document's path as `documents` lists it")
    text.add_argument("--root", help="the folder it was ingested from, where several have such a document")
    text.set_defaults(handler=run_text)


def run_documents(args: argparse.Namespace) -> int:
    """List the documents; returns the exit status."""
    with open_knowledge_base(args.settings) as knowledge_base:
        documents = knowledge_base.documents()
    if args.json:
        print(json.dumps([asdict(each) for each in documents], ensure_ascii=False, default=dict))
        return 0
    print(f"{'passages':>8}  {'characters':>10}  {'pages':>5}  {'date':10}  source")
    root = documents[0].root if documents else ""
    several = any(each.root != root for each in documents)
    for number, each in enumerate(documents):
        if several and (number == 0 or each.root != documents[number - 1].root):
            print(f"{each.root}:")
        pages = "" if each.pages is None else str(each.pages)
        problem = f"  FAILED: {each.problem}" if each.status == "failed" else _remark(each.report)
        counts = f"{each.passages:8}  {each.characters:10,}  {pages:>5}"
        print(f"{counts}  {each.modified[:10]:10}  {each.source}{problem}")
    return 0


def _remark(report: Mapping[str, Any]) -> str:
    """What is worth a look in how a document was read, in a few words."""
    pages = {
        "without text": len(report.get("pages_without_text", ())),
        "garbled": len(report.get("garbled_pages", ())),
        "by OCR": len(report.get("pages_by_ocr", ())),
    }
    remarks = [f"{count} page{'s' if count > 1 else ''} {what}" for what, count in pages.items() if count]
    if warnings := len(report.get("warnings", ())):
        remarks.append(f"{warnings} warning{'s' if warnings > 1 else ''}")
    return f"  ({', '.join(remarks)})" if remarks else ""


def run_text(args: argparse.Namespace) -> int:
    """Print a document's stored text exactly, without a line end added; returns the exit status."""
    with open_knowledge_base(args.settings) as knowledge_base:
        sys.stdout.write(knowledge_base.text(args.source, args.root))
    return 0
