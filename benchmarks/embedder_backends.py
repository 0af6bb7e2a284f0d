"""Ways to run the default embedder on this machine's CPU: speed, and whether retrieval suffers.

    python -m benchmarks.embedder_backends --corpus DIR… [--rounds 3] [--json FILE]

Each DIR holds ``corpus.jsonl`` (id, text), ``queries.jsonl`` (id, text) and ``qrels.tsv`` (query, document,
score). Every way embeds the same texts in turn, round after round; vectors are compared with those of
sentence-transformers in float32, and ranked exactly. What isn't installed is named and not measured.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedder_ways import WAYS, Encode
from benchmarks.measuring import Row, markdown_table
from rag.build import build_embeddings
from rag.settings import load_settings

_QUERIES = 30  # timed one by one

Vectors = NDArray[np.float32]


class Corpus:
    """One set of texts with questions and judgements."""

    def __init__(self, folder: Path, most_queries: int) -> None:
        self.name = folder.name
        documents = _read_lines(folder / "corpus.jsonl")
        places = {each["id"]: place for place, each in enumerate(documents)}
        self.texts = [str(each["text"]) for each in documents]
        relevant: dict[str, set[int]] = {}
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            query, document, score = line.split("\t")
            if float(score) > 0 and document in places:
                relevant.setdefault(query, set()).add(places[document])
        judged = [each for each in _read_lines(folder / "queries.jsonl") if each["id"] in relevant]
        self.queries = [str(each["text"]) for each in judged[:most_queries]]
        self.relevant = [relevant[each["id"]] for each in judged[:most_queries]]

    def score(self, queries: Vectors, passages: Vectors) -> tuple[float, float]:
        """nDCG at 10 and the share of questions whose first hit is right."""
        ranked = np.argsort(-(queries @ passages.T), axis=1, kind="stable")[:, :10]
        gains, first = [], []
        for hits, right in zip(ranked.tolist(), self.relevant, strict=True):
            discounts = 1 / np.log2(np.arange(2, 12))
            gained = sum(float(discounts[rank]) for rank, hit in enumerate(hits) if hit in right)
            gains.append(gained / float(discounts[: len(right)].sum()))
            first.append(hits[0] in right)
        return float(np.mean(gains)), float(np.mean(first))


def measure(corpora: list[Corpus], rounds: int, most_passages: int) -> list[Row]:
    """One row for each way that can be measured here."""
    embeddings = build_embeddings(load_settings())
    fingerprint = embeddings.fingerprint
    ways: dict[str, Encode] = {}
    for name, make in WAYS.items():
        try:
            ways[name] = make(embeddings.folder)
        except ImportError as error:
            print(f"{name} isn't measured: {error}", file=sys.stderr)
    texts = [fingerprint.passage_prefix + text for corpus in corpora for text in corpus.texts]
    timed = texts[:: max(1, len(texts) // most_passages)]
    queries = [fingerprint.query_prefix + query for corpus in corpora for query in corpus.queries]
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    latencies: dict[str, list[float]] = {name: [] for name in ways}
    for encode in ways.values():
        encode(timed[:8])
    for _ in range(rounds):
        for name, encode in ways.items():
            speeds[name].append(len(timed) / _seconds(encode, timed))
            latencies[name] += [_seconds(encode, [query]) for query in queries[:: len(queries) // _QUERIES]]
    reference: Vectors | None = None
    rows: list[Row] = []
    for name, encode in ways.items():
        vectors = encode(texts)
        reference = vectors if reference is None else reference
        row: Row = {
            "way": name,
            "passages a second": median(speeds[name]),
            "slowest": min(speeds[name]),
            "fastest": max(speeds[name]),
            "query ms": 1000 * median(latencies[name]),
            "least cosine": f"{np.sum(vectors * reference, axis=1).min():.5f}",
        }
        start = 0
        for corpus in corpora:
            part = vectors[start : start + len(corpus.texts)]
            start += len(corpus.texts)
            scores = corpus.score(
                encode([fingerprint.query_prefix + query for query in corpus.queries]), part
            )
            row[f"{corpus.name} nDCG@10"], row[f"{corpus.name} Success@1"] = (
                f"{each:.4f}" for each in scores
            )
        rows.append(row)
    return rows


def _seconds(encode: Encode, texts: list[str]) -> float:
    start = time.perf_counter()
    encode(texts)
    return time.perf_counter() - start


def _read_lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.embedder_backends",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passages", type=int, default=120, help="timed in a round")
    parser.add_argument("--queries", type=int, default=300, help="of each corpus, for retrieval")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here too")
    arguments = parser.parse_args()
    load = os.getloadavg()
    corpora = [Corpus(folder, arguments.queries) for folder in arguments.corpus]
    rows = measure(corpora, arguments.rounds, arguments.passages)
    print(markdown_table(rows))
    if arguments.json is not None:
        results = {
            "cpus": os.cpu_count(),
            "load_average_before": load,
            "load_average_after": os.getloadavg(),
            "ways": rows,
        }
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
