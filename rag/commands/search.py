"""``python -m rag search``: passages for a query."""

import argparse
import json
import time
from typing import Any

from langchain_core.documents import Document

from rag.answer import Question
from rag.build import build_embeddings, build_retriever, open_knowledge_base
from rag.commands.batch import run_batch
from rag.commands.filters import add_filter_flags, filter_of
from rag.errors import ConfigError
from rag.filter import Filter
from rag.models.query_cache import CachedQueryEmbeddings
from rag.presenting.records import place, search_record
from rag.retrievers import retrieve
from rag.settings import Settings


class Search:
    """Answers queries with passages, in one process, with the time that each took."""

    def __init__(self, settings: Settings, k: int) -> None:
        embeddings = build_embeddings(settings)
        knowledge_base = open_knowledge_base(settings, embeddings)
        self._embeddings = CachedQueryEmbeddings(embeddings)
        self._retriever = build_retriever(settings, knowledge_base, self._embeddings, k)
        self._limit = settings.answering.max_question_characters

    def __call__(self, query: str, filter: Filter | None = None) -> tuple[list[Document], float, float]:
        """The passages found (that pass the filter), the milliseconds of embedding the query, and of all.

        Raises:
            ConfigError: the query is empty or too long.
        """
        if not query.strip():
            raise ConfigError("the query is empty; write one after 'search'")
        if len(query) > self._limit:
            raise ConfigError(f"the query has {len(query):,} characters and at most {self._limit:,} are read")
        start = time.perf_counter()
        self._embeddings.embed_query(query)
        embedded = time.perf_counter()
        hits = retrieve(self._retriever, query, filter)
        end = time.perf_counter()
        return hits, round((embedded - start) * 1000, 3), round((end - start) * 1000, 3)


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("search", parents=[common], help="find the passages for a query")
    parser.add_argument("query", nargs="?", help="what to look for")
    parser.add_argument("-k", type=_positive, default=10, help="how many passages (default 10)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--batch", metavar="FILE", help='lines of {"id", "text", "filter"?}; "-" is stdin')
    add_filter_flags(parser)
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; returns the exit status."""
    if (args.query is None) == (args.batch is None):
        raise ConfigError("give either a query or --batch FILE")
    wanted = filter_of(args)
    search = Search(args.settings, args.k)
    if args.batch is not None:
        return run_batch(
            args.batch, lambda identifier, question: _record(search, question, identifier), wanted
        )
    if args.json:
        print(json.dumps(_record(search, Question(args.query, filter=wanted), None), ensure_ascii=False))
        return 0
    hits, _, _ = search(args.query, wanted)
    for rank, hit in enumerate(hits, start=1):
        metadata = hit.metadata
        print(f"{rank:3}. {place(hit)} ({metadata['start']}–{metadata['end']})  {metadata['score']:.4f}")
        print(f"     {' '.join(hit.page_content.split())[:200]}")
    if not hits:
        print("nothing found" if wanted is None else f"nothing found that passes the filter ({wanted})")
    return 0


def _record(search: Search, question: Question, identifier: Any) -> dict[str, Any]:
    hits, embed_ms, total_ms = search(question.text, question.filter)
    return search_record(question, hits, embed_ms, total_ms, identifier)


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} isn't a whole number of at least 1")
    return int(value)
