"""What translating a question's words costs: ``python -m benchmarks.translation --kb FOLDER [--queries N]``.

Prints what opening the dictionary takes in a fresh process, with the memory it adds, then p50 and p95 of
translating a question and of searching by it. The questions are beginnings of passages of the knowledge base,
in both languages by turns where it has both.
"""

import argparse
import logging
from collections.abc import Callable
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from time import perf_counter

from benchmarks.measuring import Row, markdown_table, milliseconds, percentiles, resident_mib, run_apart
from rag.filter import EVERYTHING
from rag.knowledge_base import Contents, KnowledgeBase
from rag.retrievers.candidates import in_other_language, question_groups
from rag.text.analysis import Analyzer
from rag.text.sentences import split_sentences
from rag.text.translation import open_dictionary, translate_terms

K = 100
_LONGEST = 100  # characters of a question
_LIMITS = {"opening, ms": 50.0, "memory, MiB": 15.0, "translating a question, ms": 1.0}


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.translation")
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=200)
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    question_groups("made now, if it wasn't yet", Analyzer())
    rows: list[Row] = []
    with KnowledgeBase.open(args.kb) as knowledge_base:
        view = knowledge_base.view(EVERYTHING)
        with view.contents() as contents:
            questions, analyzer = choose_questions(contents, args.queries), contents.analyzer
        opened = run_apart(measure_dictionary, questions)
        for name in ("opening, ms", "memory, MiB"):
            rows.append({"": name, "p50": opened[name], "limit": _LIMITS[name]})
        with view.snapshot() as snapshot:
            ids = [each for each, _ in snapshot.search_lexical(questions[0], K)]
            actions: dict[str, Callable[[str], object]] = {
                "translating a question, ms": lambda question: question_groups(question, analyzer),
                f"search by translation, {K} passages, ms": lambda each: snapshot.search_groups(
                    question_groups(each, analyzer), K, in_other_language(each)
                ),
                f"lexical search, {K} passages, ms": lambda each: snapshot.search_lexical(each, K),
                f"scores of {len(ids)} by translation, ms": lambda each: snapshot.score_groups(
                    question_groups(each, analyzer), ids
                ),
                f"scores of {len(ids)} by BM25, ms": lambda each: snapshot.score_lexical(each, ids),
            }
            for name, action in actions.items():
                p50, p95 = percentiles(milliseconds(partial(action, each)) for each in questions)
                rows.append({"": name, "p50": p50, "p95": p95, "limit": _LIMITS.get(name, "")})
        print(f"{knowledge_base.path}, {len(questions)} questions\n")
    print(markdown_table([{"": row[""], "p50": "", "p95": "", "limit": "", **row} for row in rows]))


def measure_dictionary(questions: list[str]) -> Row:
    """Opening time and, after all questions were translated, the memory that came with it."""
    analyzer = Analyzer()
    for question in questions:
        analyzer.terms(question)  # loads what any search needs
    before, start = resident_mib(), perf_counter()
    dictionary = open_dictionary(analyzer)
    opening = (perf_counter() - start) * 1000
    assert dictionary is not None
    for question in questions:
        translate_terms(question, analyzer, dictionary)
    return {"opening, ms": opening, "memory, MiB": resident_mib() - before}


def choose_questions(contents: Contents, count: int) -> list[str]:
    """First sentences of documents, Chinese ones and others by turns."""
    of_language: dict[bool, list[str]] = {True: [], False: []}
    for document in contents.documents():
        for passage in contents.document_passages(document.source)[:1]:
            of_language[passage.metadata["lang"] == "zh"].append(passage.page_content)
    mixed = chain.from_iterable(zip_longest(of_language[True], of_language[False]))
    return [first_sentence(text) for text in mixed if text][:count]


def first_sentence(text: str) -> str:
    """The text's first sentence, cut where it is longer than a question."""
    start, end = next(iter(split_sentences(text)), (0, len(text)))
    return text[start:end][:_LONGEST]


if __name__ == "__main__":
    main()
