"""``python -m rag ask``: an answer with its citations."""

import argparse
import json
import sys
from typing import Any

from rag.answer import Answer, Question
from rag.answering import AnswerChain
from rag.build import build_answer_chain
from rag.commands.batch import run_batch
from rag.commands.explain import explanation, trace_record
from rag.commands.filters import add_filter_flags, filter_of
from rag.errors import ConfigError
from rag.presenting.explanation import confidence_text, nearest
from rag.presenting.reasons import reason_in
from rag.presenting.records import answer_record, place
from rag.text.language import language_of


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "ask", parents=[common], help="answer a question from the documents, with citations"
    )
    parser.add_argument("question", nargs="?", help="the question, in Chinese or English")
    parser.add_argument(
        "--generator", metavar="NAME", help="a model's short name, folder or hub id; 'extractive'"
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print how the answer came about: what was found, read, checked",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    parser.add_argument(
        "--batch", metavar="FILE", help='lines of {"id", "text", "history"?, "filter"?}; "-" is stdin'
    )
    add_filter_flags(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; returns the exit status."""
    if (args.question is None) == (args.batch is None):
        raise ConfigError("give either a question or --batch FILE")
    settings = args.settings
    wanted = filter_of(args)
    if args.generator:
        settings = settings.override("generator", model=args.generator)
    chain = build_answer_chain(settings)
    if args.batch is not None:
        return run_batch(
            args.batch,
            lambda identifier, question: _record(chain.invoke(question), args.explain, identifier),
            wanted,
        )
    answer = _follow(chain, Question(args.question, filter=wanted))
    if args.json:
        print(json.dumps(_record(answer, args.explain), ensure_ascii=False))
    else:
        print_answer(answer)
        if args.explain:
            print(f"\n{explanation(answer)}")
    return 0


def _record(answer: Answer, explain: bool, identifier: Any = None) -> dict[str, Any]:
    record = answer_record(answer, identifier)
    return record | {"trace": trace_record(answer)} if explain else record


def _follow(chain: AnswerChain, question: Question) -> Answer:
    """Run the chain; on a terminal, show on standard error what it is doing."""
    answer: Answer | None = None
    show = sys.stderr.isatty()
    shown = ""
    for answer in chain.stream(question):
        if not show:
            continue
        if not answer.text:
            sources = dict.fromkeys(place(passage) for passage in answer.passages)
            print(f"reading {'; '.join(sources) or 'nothing'} …", file=sys.stderr)
        elif answer.trace.total_ms == 0 and answer.text.startswith(shown):
            print(answer.text[len(shown) :], end="", file=sys.stderr, flush=True)
            shown = answer.text
    if shown:
        print("\n", file=sys.stderr)
    assert answer is not None
    return answer


def print_answer(answer: Answer) -> None:
    """Print an answer for people: the text, each citation with its place and quote, or why there is none.

    What is said of the answer is in the question's language.
    """
    language = language_of(answer.question)
    if answer.standalone is not None:
        print(f"(understood as: {' '.join(answer.standalone.split())})\n")
    print(answer.text)
    if answer.citations:
        print()
    for citation in sorted(answer.citations, key=lambda each: each.number):
        quote = " ".join(citation.quote.split())
        print(f"  [{citation.number}] {place(citation.passage)} ({citation.start}–{citation.end}): {quote}")
    if answer.confidence is not None and not answer.abstained:
        print(f"\n  ({confidence_text(answer.confidence, language)})")
    if answer.abstained and answer.reason:
        print(f"\n  ({reason_in(answer, language)})")
        for near in nearest(answer):
            print(f"  - {place(near.passage)}: {' › '.join(near.about)}")
    for order in answer.trace.withheld:
        print(f"\n  (left unread, since it gives orders to the assistant: {order})")
    if answer.curated is not None:
        entry = answer.curated
        question = " ".join(entry.question.split())
        if answer.origin == "faq":
            print(f"\n  (the curated answer to: {question})")
        else:
            print(f"\n  perhaps you ask: {question} ({place(entry.passage)})")
            print(f"    {' '.join(entry.answer.split())}")
