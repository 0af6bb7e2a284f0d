"""``python -m rag ask | search``: an answer with its citations, or passages, of what passes a filter."""

import inspect
import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from rag.answer import Answer, Drafting, Final, Found, Question, TakenBack
from rag.command_line import Config, Generator, Json, Kb
from rag.commands.batch import run_batch
from rag.errors import ConfigError
from rag.filter import EVERYTHING, Filter
from rag.presenting.explanation import answer_text, explanation
from rag.presenting.records import answer_record, place, search_record, trace_record
from rag.service import Service

_SEVERAL = list[str] | None
_ONE = str | None
_OPTIONS: dict[str, tuple[Any, str, str]] = {  # of the fields of a filter: type, what it takes, help
    "source": (_SEVERAL, "GLOB", "their path: hr/, *.md or hr/**/*.pdf (repeatable)"),
    "exclude": (_SEVERAL, "GLOB", "paths that are left out, even where --source names them (repeatable)"),
    "root": (_SEVERAL, "DIR", "the folder ingested, as it is listed (repeatable)"),
    "type": (_SEVERAL, "SUFFIX", "pdf, docx, md … (repeatable)"),
    "lang": (_SEVERAL, "LANGUAGE", "zh or en, a passage's language (repeatable)"),
    "since": (_ONE, "DATE", "dated 2025, 2025-03 or 2025-03-01, or later"),
    "until": (_ONE, "DATE", "dated so or earlier"),
    "pages": (_ONE, "A-B", "the page that a passage begins on: 3, 3-7, 3- or -7"),
}


def _with_filter_options(command: Callable[..., int]) -> Callable[..., int]:
    """The command with the options above in place of its parameter ``filter``; None if none is given.

    It raises ConfigError for a value that can't be used.
    """
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=kind,
            default=typer.Option(None, metavar=metavar, help=help),
        )
        for name, (kind, metavar, help) in _OPTIONS.items()
    ]
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for each in signature.parameters.values():
        parameters += options if each.name == "filter" else [each]

    @wraps(command)
    def filtered(**values: Any) -> int:
        wanted = Filter.from_record({name: values.pop(name) or None for name in _OPTIONS})
        return command(filter=None if wanted.is_empty else wanted, **values)

    filtered.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return filtered


@_with_filter_options
def ask(
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="the question, in Chinese or English")
    ] = None,
    generator: Generator = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="print how the answer came about: what was found, read, checked"),
    ] = False,
    as_json: Json = False,
    batch: Annotated[
        str | None,
        typer.Option(metavar="FILE", help='lines of {"id", "text", "history"?, "filter"?}; "-" is stdin'),
    ] = None,
    filter: Filter | None = None,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Answer a question from the documents, with citations."""
    if (question is None) == (batch is None):
        raise ConfigError("give either a question or --batch FILE")
    with Service.open(kb, roots=EVERYTHING, config=config, generator=generator) as service:
        if batch is not None:
            return run_batch(batch, lambda name, each: _record(service.ask(each), explain, name), filter)
        answer = _follow(service, Question(question or "", filter=filter))
    if as_json:
        print(json.dumps(_record(answer, explain), ensure_ascii=False))
        return 0
    print(answer_text(answer))
    if explain:
        print(f"\n{explanation(answer)}")
    return 0


@_with_filter_options
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


def _record(answer: Answer, explain: bool, identifier: Any = None) -> dict[str, Any]:
    record = answer_record(answer, identifier)
    return record | {"trace": trace_record(answer)} if explain else record


def _follow(service: Service, question: Question) -> Answer:
    """Ask; on a terminal, show on standard error what is being done."""
    show = sys.stderr.isatty()
    shown = ""
    for event in service.events(question):
        match event:
            case Final(answer):
                if shown:
                    print("\n", file=sys.stderr)
                return answer
            case Found(answer, standing) if show:
                sources = dict.fromkeys(place(passage) for passage in answer.passages)
                print(f"reading {'; '.join(sources) or 'nothing'} …", file=sys.stderr)
                if standing is not None:
                    said = "".join(f"**{text}**" if marked else text for text, marked in standing.stretches)
                    print(f"{place(standing.passage)}: {said}", file=sys.stderr)
            case Drafting(text) if show and text.startswith(shown):
                print(text[len(shown) :], end="", file=sys.stderr, flush=True)
                shown = text
            case TakenBack(_, why) if show:
                print(f" ({why})", file=sys.stderr)
                shown = ""
    raise AssertionError("the events ended without an answer")
