"""``python -m rag search``: passages for a query."""

import json
from typing import Annotated

import typer

from rag.answer import Question
from rag.command_line import Config, Json, Kb
from rag.commands.batch import run_batch
from rag.commands.options import with_filter_options
from rag.errors import ConfigError
from rag.filter import EVERYTHING, Filter
from rag.presenting.records import place, search_record
from rag.service import Service


@with_filter_options
def search(
    query: Annotated[str | None, typer.Argument(metavar="QUERY", help="what to look for")] = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="how many passages")] = 10,
    as_json: Json = False,
    batch: Annotated[
        str | None, typer.Option(metavar="FILE", help='lines of {"id", "text", "filter"?}; "-" is stdin')
    ] = None,
    filter: Filter | None = None,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Find the passages for a query."""
    if (query is None) == (batch is None):
        raise ConfigError("give either a query or --batch FILE")
    with Service.open(kb, roots=EVERYTHING, config=config) as service:
        if batch is not None:
            return run_batch(batch, lambda name, each: search_record(service.search(each, k), name), filter)
        result = service.search(Question(query or "", filter=filter), k)
    if as_json:
        print(json.dumps(search_record(result), ensure_ascii=False))
        return 0
    for rank, hit in enumerate(result.passages, start=1):
        metadata = hit.metadata
        print(f"{rank:3}. {place(hit)} ({metadata['start']}–{metadata['end']})  {metadata['score']:.4f}")
        print(f"     {' '.join(hit.page_content.split())[:200]}")
    if not result.passages:
        print("nothing found" if filter is None else f"nothing found that passes the filter ({filter})")
    return 0
