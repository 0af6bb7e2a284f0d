"""``python -m rag documents`` and ``python -m rag text``: what the knowledge base holds."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from rag.command_line import Config, Json, Kb
from rag.service import Service


def documents(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """List the documents."""
    with Service.open(kb, config=config) as service:
        found = service.documents()
    if as_json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, default=dict))
        return 0
    print(f"{'passages':>8}  {'characters':>10}  {'pages':>5}  {'date':10}  source")
    root = found[0].root if found else ""
    several = any(each.root != root for each in found)
    for number, each in enumerate(found):
        if several and (number == 0 or each.root != found[number - 1].root):
            print(f"{each.root}:")
        pages = "" if each.pages is None else str(each.pages)
        problem = f"  FAILED: {each.problem}" if each.status == "failed" else _remark(each.report)
        counts = f"{each.passages:8}  {each.characters:10,}  {pages:>5}"
        print(f"{counts}  {each.modified[:10]:10}  {each.source}{problem}")
    return 0


def text(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="the path as `documents` lists it")],
    root: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="the folder ingested, where several have such a document"),
    ] = None,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Print a document's stored text exactly, without a line end added."""
    with Service.open(kb, config=config) as service:
        sys.stdout.write(service.text(source, root))
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
