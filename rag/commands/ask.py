"""``python -m rag ask``: an answer with its citations."""

import json
import sys
from typing import Annotated, Any

import typer

from rag.answer import Answer, Drafting, Final, Found, Question, TakenBack
from rag.command_line import Config, Generator, Json, Kb
from rag.commands.batch import run_batch
from rag.commands.options import with_filter_options
from rag.errors import ConfigError
from rag.filter import EVERYTHING, Filter
from rag.presenting.answers import answer_text
from rag.presenting.explanation import explanation
from rag.presenting.records import answer_record, place, trace_record
from rag.service import Service


@with_filter_options
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
            case Found(answer) if show:
                sources = dict.fromkeys(place(passage) for passage in answer.passages)
                print(f"reading {'; '.join(sources) or 'nothing'} …", file=sys.stderr)
            case Drafting(text) if show and text.startswith(shown):
                print(text[len(shown) :], end="", file=sys.stderr, flush=True)
                shown = text
            case TakenBack(_, why) if show:
                print(f" ({why})", file=sys.stderr)
                shown = ""
    raise AssertionError("the events ended without an answer")
