"""Ways to turn text into terms compared, by what BM25 then finds.

    python -m benchmarks.text_analysis --corpus SETS/drcd_test SETS/cmrc2018_trial SETS/scifact

Each folder holds BEIR's corpus.jsonl, queries.jsonl and qrels.tsv. All folders' documents (text only, no
titles) are one index; each folder's first queries are asked against it. The figure is the mean reciprocal
rank of the first relevant document among the first fifty, averaged over folders of Chinese and of English
queries.
"""

import argparse
import json
import logging
import re
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from benchmarks.measuring import Row, markdown_table
from rag.knowledge_base.indexes.tantivy_index import create_index, write_index
from rag.knowledge_base.indexes.tantivy_search import TantivySearcher
from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.words import STOP_WORDS, fold, stem

_TOKEN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff]+)|([^\W_\u3400-\u9fff]+)")

Terms = Callable[[str], list[str]]


class Query(NamedTuple):
    """A query and where its answers are, as positions in the pool of documents."""

    folder: str
    text: str
    relevant: frozenset[int]


class Variant(NamedTuple):
    """One way to analyze: documents, and queries."""

    name: str
    documents: Terms
    queries: Terms


def load(folders: Iterable[Path], most: int) -> tuple[list[str], list[Query]]:
    """The pooled documents and each folder's first ``most`` judged queries."""
    documents: list[str] = []
    queries: list[Query] = []
    for folder in folders:
        places = {}
        for line in _lines(folder / "corpus.jsonl"):
            places[line["id"]] = len(documents)
            documents.append(line["text"])
        relevant: dict[str, set[int]] = defaultdict(set)
        for row in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, document, score = row.split("\t")[:3]
            if score.isdigit() and int(score) > 0 and document in places:
                relevant[query].add(places[document])
        judged = [line for line in _lines(folder / "queries.jsonl") if line["id"] in relevant]
        queries += (
            Query(folder.name, line["text"], frozenset(relevant[line["id"]])) for line in judged[:most]
        )
    return documents, queries


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def simple(chinese: Callable[[str], Iterable[str]], word: Callable[[str], str] = stem) -> Terms:
    """An analysis that treats Chinese runs and other words each in its way."""

    def terms(text: str) -> list[str]:
        found: list[str] = []
        for run, other in _TOKEN.findall(fold(text)):
            found.extend(chinese(run) if run else [word(other)])
        return found

    return terms


def pairs(run: str) -> list[str]:
    """The pairs of neighbouring characters."""
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]


def jieba_with_model(run: str) -> Iterable[str]:
    """jieba as it comes, with its hidden Markov model for words that aren't in its list."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    words: Iterable[str] = jieba.cut_for_search(run)
    return words


def variants() -> list[Variant]:
    """What is compared; the last is what the knowledge base does."""
    ours = Analyzer()
    segment = ours._segmenter.segment

    def without(terms: Terms, unwanted: frozenset[str] = STOP_WORDS) -> Terms:
        return lambda text: [term for term in terms(text) if term not in unwanted]

    plain_words = simple(segment, str)
    everything = {
        "characters": simple(list),
        "pairs of characters": simple(pairs),
        "jieba with its model": simple(jieba_with_model),
        "jieba's list": simple(segment),
        "jieba's list, no stems": plain_words,
    }
    found = [Variant(name, terms, terms) for name, terms in everything.items()]
    found.append(
        Variant("jieba's list, queries without stop words", simple(segment), without(simple(segment)))
    )
    found.append(Variant("rag.knowledge_base.Analyzer", ours.terms, ours.query_terms))
    return found


def measure(variant: Variant, documents: list[str], queries: list[Query]) -> Row:
    """One row of the table."""
    index = create_index(None)
    start = time.perf_counter()
    analyzed = [(key, variant.documents(text)) for key, text in enumerate(documents, start=1)]
    seconds = time.perf_counter() - start
    write_index(index, analyzed)
    view = TantivySearcher(index)
    ranks: dict[str, list[float]] = defaultdict(list)
    for query in queries:
        hits = view.search(list(dict.fromkeys(variant.queries(query.text))), 50)
        rank = next((n for n, hit in enumerate(hits, start=1) if hit.key - 1 in query.relevant), None)
        ranks[query.folder].append(1 / rank if rank else 0.0)
    scores: dict[str, list[float]] = {"zh": [], "en": []}
    for folder, values in ranks.items():
        language = language_of(next(query.text for query in queries if query.folder == folder))
        scores["zh" if language == "zh" else "en"].append(mean(values))
    size = sum(len(text.encode()) for text in documents)
    return {
        "terms": variant.name,
        **{f"MRR {name}": f"{mean(values):.3f}" for name, values in scores.items() if values},
        "KB of text a second": size / 1000 / seconds,
    }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.text_analysis",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", type=Path, nargs="+", metavar="DIR", required=True)
    parser.add_argument("--queries", type=int, default=600, help="at most so many of each folder")
    arguments = parser.parse_args()
    documents, queries = load(arguments.corpus, arguments.queries)
    print(markdown_table([measure(variant, documents, queries) for variant in variants()]))


if __name__ == "__main__":
    main()
