"""``python -m rag related``: documents that are about the same as one."""

import json
from typing import Annotated

import typer

from rag.command_line import Config, Json, Kb
from rag.presenting.explanation import beginning
from rag.presenting.records import passage_record, place
from rag.service import Service


def related(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="the path as `documents` lists it")],
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="how many documents")] = 10,
    root: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="the folder ingested, where several have such a document"),
    ] = None,
    as_json: Json = False,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """List the documents that are nearest to one, each with the passage that comes nearest."""
    with Service.open(kb, config=config) as service:
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
