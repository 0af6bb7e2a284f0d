"""Lexical indexes compared: SQLite FTS5, tantivy, bm25s.

    python -m benchmarks.lexical_index --passages 10000 100000

Each engine indexes the same made-up passages (already segmented into terms), answers the same OR queries of
10 to 20 terms (top 50 by BM25), and takes the same small update: one document of ten passages is replaced
by another, durably, until a fresh reader sees it. Each measurement runs in a process of its own. Needs the
``dev`` extra (bm25s is there for this comparison only).
"""

import argparse
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import bm25s
import tantivy

from benchmarks.measuring import (
    Row,
    folder_mib,
    markdown_table,
    milliseconds,
    percentiles,
    resident_mib,
    run_apart,
)
from benchmarks.synthetic import make_passages, make_queries

TOP = 50
QUERIES = 300
UPDATES = 20
DOCUMENT = 10  # passages

Passages = Iterable[tuple[int, list[str]]]


class Engine(Protocol):
    """A lexical index in a folder. ``search`` sees what was there at the last ``open``."""

    def __init__(self, folder: Path) -> None: ...
    def build(self, passages: Passages) -> None: ...
    def open(self) -> None: ...
    def search(self, terms: Sequence[str], k: int) -> list[int]: ...
    def update(self, removed: Sequence[int], added: Sequence[tuple[int, list[str]]]) -> None: ...


class Fts5:
    """SQLite's full-text index."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "fts5.sqlite"

    def build(self, passages: Passages) -> None:
        self.open()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("CREATE VIRTUAL TABLE passages USING fts5(terms, tokenize = 'unicode61')")
        self.update([], list(passages))
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def open(self) -> None:
        self._connection = sqlite3.connect(self._file)
        self._connection.execute("PRAGMA synchronous = FULL")

    def search(self, terms: Sequence[str], k: int) -> list[int]:
        match = " OR ".join(f'"{term}"' for term in terms)
        sql = "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?"
        return [row[0] for row in self._connection.execute(sql, (match, k))]

    def update(self, removed: Sequence[int], added: Sequence[tuple[int, list[str]]]) -> None:
        with self._connection:
            self._connection.executemany("DELETE FROM passages WHERE rowid = ?", [(key,) for key in removed])
            self._connection.executemany(
                "INSERT INTO passages (rowid, terms) VALUES (?, ?)",
                ((key, " ".join(terms)) for key, terms in added),
            )


class Tantivy:
    """tantivy, the Rust library after Lucene's design."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tantivy"
        self._folder.mkdir(exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("key", indexed=True, fast=True)
        builder.add_text_field("terms", tokenizer_name="terms", index_option="freq")
        self._schema = builder.build()

    def build(self, passages: Passages) -> None:
        self.open()
        self.update([], passages)

    def open(self) -> None:
        self._index = tantivy.Index(self._schema, path=str(self._folder))
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("terms", analyzer)
        self._searcher = self._index.searcher()

    def search(self, terms: Sequence[str], k: int) -> list[int]:
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "terms", term, "freq"))
            for term in terms
        ]
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), k, count=False).hits
        return [int(key or 0) for key in self._searcher.fast_field_values("key", [hit[1] for hit in hits])]

    def update(self, removed: Sequence[int], added: Passages) -> None:
        writer = self._index.writer(heap_size=50_000_000, num_threads=1)
        if removed:
            query = tantivy.Query.term_set_query(self._schema, "key", list(removed))
            writer.delete_documents_by_query(query)
        for key, terms in added:
            document = tantivy.Document()
            document.add_unsigned("key", key)
            document.add_text("terms", " ".join(terms))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()


class Bm25s:
    """bm25s: scores computed when indexing, a sparse matrix; has no update but building anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "bm25s"
        self._passages: dict[int, list[str]] = {}

    def build(self, passages: Passages) -> None:
        self._passages = dict(passages)
        retriever = bm25s.BM25(method="lucene")
        retriever.index(list(self._passages.values()), show_progress=False)
        retriever.save(self._folder)
        self._keys = list(self._passages)
        self._retriever: Any = retriever

    def open(self) -> None:
        self._retriever = bm25s.BM25.load(self._folder, mmap=True)

    def search(self, terms: Sequence[str], k: int) -> list[int]:
        found, _ = self._retriever.retrieve([list(terms)], k=k, show_progress=False)
        return [int(place) for place in found[0]]

    def update(self, removed: Sequence[int], added: Sequence[tuple[int, list[str]]]) -> None:
        gone = set(removed)
        kept = ((key, terms) for key, terms in self._passages.items() if key not in gone)
        self.build(chain(list(kept), added))


ENGINES: dict[str, type[Engine]] = {"SQLite FTS5": Fts5, "tantivy": Tantivy, "bm25s": Bm25s}


def measure(name: str, count: int) -> Row:
    """One row of the table: cost of one engine at one size."""
    folder = Path(tempfile.mkdtemp(prefix="lexical-"))
    try:
        build_s = _build(name, folder, count)
        row = run_apart(_read, name, folder, count)
        passages = list(make_passages(count))
        writer = ENGINES[name](folder)
        if isinstance(writer, Bm25s):
            writer.build(enumerate(passages))
        else:
            writer.open()
        times = []
        for number in range(2 if isinstance(writer, Bm25s) else UPDATES):
            removed = range(number * DOCUMENT, (number + 1) * DOCUMENT)
            added = [(count + key, passages[key]) for key in removed]
            times.append(milliseconds(lambda r=removed, a=added: writer.update(r, a)))  # type: ignore[misc]
        update_p50, _ = percentiles(times)
        return {
            "engine": name,
            "passages": f"{count:,}",
            "query p50 ms": row["p50"],
            "query p95 ms": row["p95"],
            "replace a document, ms": update_p50,
            "worst of these, ms": max(times),
            "build s": build_s,
            "reader's memory MiB": row["memory"],
            "disk MiB": folder_mib(folder),
        }
    finally:
        shutil.rmtree(folder)


def _build(name: str, folder: Path, count: int) -> float:
    passages = list(make_passages(count))
    start = time.perf_counter()
    ENGINES[name](folder).build(enumerate(passages))
    return time.perf_counter() - start


def _read(name: str, folder: Path, count: int) -> Row:
    queries = make_queries(list(make_passages(min(count, 2000))), QUERIES)
    before = resident_mib()
    engine = ENGINES[name](folder)
    engine.open()
    for query in queries[:10]:
        engine.search(query, TOP)
    times = [milliseconds(lambda q=query: engine.search(q, TOP)) for query in queries]  # type: ignore[misc]
    p50, p95 = percentiles(times)
    return {"p50": p50, "p95": p95, "memory": resident_mib() - before}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lexical_index", description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    arguments = parser.parse_args()
    rows = [measure(name, count) for count in arguments.passages for name in arguments.engines]
    print(markdown_table(rows))


if __name__ == "__main__":
    main()
