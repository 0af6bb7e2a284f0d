"""Dense indexes compared: FAISS flat (float32, float16), HNSW and IVF.

    python -m benchmarks.dense_index --passages 10000 100000
    python -m benchmarks.dense_index --passages 10000 --corpus DIR... [--model multilingual-e5-small]

The first table is cost, on made-up vectors: build, one query (top 50), adding ten vectors durably, removing
ten durably, memory, disk. The second, with ``--corpus`` (folders with BEIR's corpus.jsonl and
queries.jsonl) or ``--vectors`` and ``--queries`` (.npy files, float32, one unit vector a row), is recall
against exact search on real vectors: the share of the exact top 10 and top 50 that each index finds.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.measuring import (
    Row,
    folder_mib,
    markdown_table,
    milliseconds,
    percentiles,
    resident_mib,
    run_apart,
)
from benchmarks.synthetic import make_vectors
from rag.files import write_atomically

DIMENSION = 384
TOP = 50
_AT_ONCE = 4096  # passages given to the embedder
QUERIES = 200
UPDATES = 10
DOCUMENT = 10  # passages

Vectors = NDArray[np.float32]


def _flat(dimension: int, _: int) -> Any:
    return faiss.IndexFlatIP(dimension)


def _flat_half(dimension: int, _: int) -> Any:
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _hnsw(dimension: int, _: int) -> Any:
    index = faiss.IndexHNSWFlat(dimension, 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 100
    index.hnsw.efSearch = 128
    return index


def _ivf(dimension: int, count: int) -> Any:
    lists = max(16, round(4 * count**0.5))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = max(8, lists // 16)
    return index


BUILDERS: dict[str, Callable[[int, int], Any]] = {
    "flat float32": _flat,
    "flat float16": _flat_half,
    "HNSW 32": _hnsw,
    "IVF flat": _ivf,
}


def build(name: str, vectors: Vectors) -> Any:
    """An index of that kind over the vectors."""
    index = BUILDERS[name](vectors.shape[1], len(vectors))
    if not index.is_trained:
        index.train(vectors)
    index.add(vectors)
    return index


def measure(name: str, count: int) -> Row:
    """One row of the first table."""
    folder = Path(tempfile.mkdtemp(prefix="dense-"))
    try:
        built = run_apart(_build, name, count, folder)
        return {"index": name, "passages": f"{count:,}", **run_apart(_use, name, count, folder), **built}
    finally:
        shutil.rmtree(folder)


def _build(name: str, count: int, folder: Path) -> Row:
    vectors = make_vectors(count, DIMENSION)
    start = time.perf_counter()
    index = build(name, vectors)
    seconds = time.perf_counter() - start
    faiss.write_index(index, str(folder / "index.faiss"))
    return {"build s": seconds, "disk MiB": folder_mib(folder)}


def _use(name: str, count: int, folder: Path) -> Row:
    queries = make_vectors(QUERIES, DIMENSION, seed=7)
    small = make_vectors(DOCUMENT, DIMENSION, seed=8)
    before = resident_mib()
    index = faiss.read_index(str(folder / "index.faiss"))
    memory = resident_mib() - before
    times = _query_times(index, queries)
    p50, p95 = percentiles(times)
    flat = name.startswith("flat")
    added = [milliseconds(lambda: _add(index, name, small, folder)) for _ in range(UPDATES)]
    row: Row = {
        "query p50 ms": p50,
        "query p95 ms": p95,
        "add 10, ms": percentiles(added)[0],
        "remove 10, ms": "none: tombstones" if flat or name.startswith("HNSW") else "",
        "memory MiB": memory,
    }
    if name.startswith("IVF"):
        removed = [
            milliseconds(lambda n=number: _remove(index, n, folder))  # type: ignore[misc]
            for number in range(UPDATES)
        ]
        row["remove 10, ms"] = percentiles(removed)[0]
    return row


def _add(index: Any, name: str, vectors: Vectors, folder: Path) -> None:
    """Add durably: a flat index as a further segment file, the others by writing the whole index again."""
    if name.startswith("flat"):
        index = build(name, vectors)
    else:
        index.add(vectors)
    _persist(index, folder)


def _remove(index: Any, number: int, folder: Path) -> None:
    first = number * DOCUMENT
    index.remove_ids(np.arange(first, first + DOCUMENT, dtype=np.int64))
    _persist(index, folder)


def _query_times(index: Any, queries: Vectors) -> list[float]:
    faiss.omp_set_num_threads(1)  # as the knowledge base asks
    return [milliseconds(partial(index.search, query[None], TOP)) for query in queries]


def _persist(index: Any, folder: Path) -> None:
    write_atomically(folder / "small.faiss", lambda path: faiss.write_index(index, str(path)))


def recall(vectors: Vectors, queries: Vectors) -> list[Row]:
    """The second table: agreement with exact float32 search."""
    exact = build("flat float32", vectors).search(queries, TOP)[1]
    rows: list[Row] = []
    for name in BUILDERS:
        index = build(name, vectors)
        found = index.search(queries, TOP)[1]
        times = _query_times(index, queries[:QUERIES])
        rows.append(
            {
                "index": name,
                "vectors": f"{len(vectors):,}",
                "queries": f"{len(queries):,}",
                "recall@10": _overlap(exact[:, :10], found[:, :10]),
                "recall@50": _overlap(exact, found),
                "query p50 ms": percentiles(times)[0],
            }
        )
    return rows


def _overlap(expected: NDArray[np.int64], found: NDArray[np.int64]) -> str:
    shares = [
        len(set(want) & set(got)) / len(want)
        for want, got in zip(expected.tolist(), found.tolist(), strict=True)
    ]
    return f"{np.mean(shares):.4f}"


def embed(folders: Sequence[Path], model: str) -> tuple[Vectors, Vectors]:
    """Vectors of the folders' documents and of up to 200 queries of each, by the embedder as it is used."""
    from rag.build import build_embeddings
    from rag.settings import Settings

    embeddings = build_embeddings(Settings().override("embedder", model=model))
    texts = [line["text"] for folder in folders for line in _lines(folder / "corpus.jsonl")]
    queries = [line["text"] for folder in folders for line in _lines(folder / "queries.jsonl")[:200]]
    parts = tqdm(range(0, len(texts), _AT_ONCE), unit_scale=_AT_ONCE, unit="passages")
    vectors = [row for each in parts for row in embeddings.embed_documents(texts[each : each + _AT_ONCE])]
    return np.array(vectors, dtype=np.float32), np.array(
        [embeddings.embed_query(query) for query in queries], dtype=np.float32
    )


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dense_index",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--passages", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--indexes", nargs="+", choices=list(BUILDERS), default=list(BUILDERS))
    parser.add_argument("--corpus", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--model", default="multilingual-e5-small", help="the embedder for --corpus")
    parser.add_argument("--vectors", type=Path, metavar="FILE.npy")
    parser.add_argument("--queries", type=Path, metavar="FILE.npy")
    arguments = parser.parse_args()
    if arguments.passages:
        print(
            markdown_table(
                [measure(name, count) for count in arguments.passages for name in arguments.indexes]
            )
        )
    if arguments.corpus:
        print("\n" + markdown_table(recall(*embed(arguments.corpus, arguments.model))))
    elif arguments.vectors and arguments.queries:
        print("\n" + markdown_table(recall(np.load(arguments.vectors), np.load(arguments.queries))))


if __name__ == "__main__":
    main()
