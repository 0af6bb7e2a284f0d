"""``python -m rag documents | text | related | faq | verify``: what there is, and that it is sound."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from rag.command_line import Config, Json, Kb
from rag.filter import EVERYTHING
from rag.presenting.explanation import beginning
from rag.presenting.records import passage_record, place
from rag.service import Service

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="the path as `documents` lists it")]
Root = Annotated[
    str | None, typer.Option(metavar="DIR", help="the folder ingested, where several have such a document")
]


def documents(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """List the documents."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
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
        problem = f"  FAILED: {each.problem}" if each.status == "failed" else remark(each.report)
        counts = f"{each.passages:8}  {each.characters:10,}  {pages:>5}"
        print(f"{counts}  {each.modified[:10]:10}  {each.source}{problem}")
    return 0


def text(
    source: Source,
    root: Root = None,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Print a document's stored text exactly, without a line end added."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        sys.stdout.write(service.text(source, root))
    return 0


def related(
    source: Source,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="how many documents")] = 10,
    root: Root = None,
    as_json: Json = False,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """List the documents that are nearest to one, each with the passage that comes nearest."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        found = service.related(source, root, k)
    if as_json:
        records = [
            {
                "rank": rank,
                "similarity": each.similarity,
                "source": each.source,
                "root": each.root,
                "title": each.title,
                "passage": passage_record(each.passage),
            }
            for rank, each in enumerate(found, start=1)
        ]
        print(json.dumps({"source": source, "related": records}, ensure_ascii=False))
        return 0
    for rank, each in enumerate(found, start=1):
        print(f"{rank:3}. {each.source}  {each.similarity:.4f}")
        print(f"     {place(each.passage)}: {beginning(each.passage)}")
    if not found:
        print("no other document has passages")
    return 0


def faq(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """List curated questions, and those asked twice or answered in two ways."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        entries, pairs = service.curated()
    if as_json:
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


def verify(as_json: Json = False, kb: Kb = None, config: Config = None) -> int:
    """Prove that catalogue, vectors, dense and lexical index agree and every span holds."""
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        report = service.verify()
    status = 0 if report.ok else 1
    if as_json:
        print(json.dumps({"ok": report.ok, **asdict(report)}, ensure_ascii=False, default=list))
        return status
    for problem in report.problems:
        print(f"PROBLEM  {problem}")
    if report.behind:
        print("behind: written but unpublished work; run `python -m ingest` on its folder again to finish it")
    if report.ok:
        print("ok: catalogue, vectors, dense index and lexical index agree, and every span holds")
    else:
        print("not ok: run `python -m ingest DIR --rebuild`, or search once to rebuild a derived index")
    return status


def remark(report: Mapping[str, Any]) -> str:
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
