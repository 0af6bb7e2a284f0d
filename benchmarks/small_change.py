"""What a small change costs in a large knowledge base.

    python -m benchmarks.small_change --passages 10000 100000

Fills a knowledge base with made-up documents of ten passages and made-up vectors, then times one process that
adds, replaces and removes single documents (written, published, durable), another that has it open and asks a
question after each, and ``verify``.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import (
    Row,
    folder_mib,
    markdown_table,
    milliseconds,
    percentiles,
    resident_mib,
    run_apart,
)
from benchmarks.synthetic import make_passages, make_vectors
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint

DIMENSION = 384
DOCUMENT = 10  # passages
CHANGES = 20

Document = tuple[NewDocument, list[NewPassage], dict[str, NDArray[np.float32]]]


def make_documents(passages: int, seed: int = 0) -> Iterator[Document]:
    """Documents of ten passages each: words with spaces between, or Chinese characters without."""
    texts = make_passages(passages, seed)
    for number in range(passages // DOCUMENT):
        parts = []
        for terms in (next(texts) for _ in range(DOCUMENT)):
            parts.append(("" if terms[0] >= "\u4e00" else " ").join(terms))
        vectors = make_vectors(DOCUMENT, DIMENSION, seed=seed * 1_000_003 + number)
        slices, start = [], 0
        for part in parts:
            slices.append(NewPassage(text=part, start=start, end=start + len(part)))
            start += len(part) + 1
        document = NewDocument(
            f"{seed}/{number}.txt",
            str(number),
            start,
            1,
            "text",
            text="\n".join(parts),
            modified="2024-01-01",
        )
        by_digest = {each.digest: vector for each, vector in zip(slices, vectors, strict=True)}
        yield document, slices, by_digest


def fill(folder: Path, passages: int) -> Row:
    """Write and publish everything."""
    fingerprint = EmbedderFingerprint("synthetic", DIMENSION, "", "", "")
    documents = list(make_documents(passages))
    before = resident_mib()
    start = time.perf_counter()
    with KnowledgeBase.create(folder, fingerprint) as knowledge_base, knowledge_base.writer() as writer:
        root = writer.root("/synthetic")
        for document in documents:
            writer.put(root, *document)
        written = time.perf_counter()
        writer.publish()
        published = time.perf_counter()
        memory = resident_mib() - before
    return {"write s": written - start, "publish s": published - written, "writer's memory MiB": memory}


def change(folder: Path, passages: int) -> Row:
    """Add, replace and remove documents one at a time."""
    new = list(make_documents(CHANGES * DOCUMENT, seed=1))
    query = make_vectors(1, DIMENSION, seed=9)[0]
    before = resident_mib()
    reader = KnowledgeBase.open(folder)
    view = reader.view(EVERYTHING)

    def dense_search() -> None:
        with view.snapshot() as snapshot:
            snapshot.search_dense(query, 50)

    def lexical_search(words: str) -> None:
        with view.snapshot() as snapshot:
            snapshot.search_lexical(words, 50)

    def both_searches() -> None:
        dense_search()
        lexical_search("notice")

    opened = (
        milliseconds(dense_search),
        milliseconds(lambda: lexical_search("warm up 你好")),
    )
    memory = resident_mib() - before
    dense = percentiles(milliseconds(dense_search) for _ in range(50))
    questions = [document[1][0].text[:40] for document in new]
    lexical = percentiles(milliseconds(partial(lexical_search, each)) for each in questions)
    times: dict[str, list[float]] = {"add": [], "remove": [], "notice": []}

    def timed(kind: str, action: Callable[[], object]) -> None:
        times[kind].append(milliseconds(action))
        times["notice"].append(milliseconds(both_searches))

    with KnowledgeBase.open(folder) as knowledge_base:
        for document in new:

            def add(document: Document = document) -> None:
                with knowledge_base.writer() as writer:
                    writer.put(writer.root("/synthetic"), *document)
                    writer.publish()

            timed("add", add)
        for number in range(CHANGES):

            def remove(number: int = number) -> None:
                with knowledge_base.writer() as writer:
                    writer.remove(writer.root("/synthetic"), f"0/{number}.txt")
                    writer.publish()

            timed("remove", remove)
    reader.close()
    return {
        "open and first search s": sum(opened) / 1000,
        "reader's memory MiB": memory,
        "dense p50 ms": dense[0],
        "lexical p50 ms": lexical[0],
        "add p50 ms": percentiles(times["add"])[0],
        "add worst ms": max(times["add"]),
        "remove p50 ms": percentiles(times["remove"])[0],
        "remove worst ms": max(times["remove"]),
        "next question p50 ms": percentiles(times["notice"])[0],
    }


def prove(folder: Path) -> Row:
    """Verify everything."""
    start = time.perf_counter()
    with KnowledgeBase.open(folder) as knowledge_base:
        report = knowledge_base.verify()
    if not report.ok:
        raise SystemExit("\n".join(report.problems))
    return {"verify s": time.perf_counter() - start}


def measure(passages: int) -> Row:
    """One row: everything about one size."""
    folder = Path(tempfile.mkdtemp(prefix="small-change-"))
    try:
        row: Row = {"passages": f"{passages:,}"}
        row |= run_apart(fill, folder, passages)
        row |= {
            f"{name} MiB": sum(
                folder_mib(part) if part.is_dir() else part.stat().st_size / 2**20 for part in parts
            )
            for name, parts in (
                ("catalogue", list(folder.glob("catalogue*"))),
                ("dense", [folder / "dense"]),
                ("lexical", [folder / "lexical"]),
            )
        }
        row |= run_apart(change, folder, passages)
        row |= run_apart(prove, folder)
        return row
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Measure and print a table, one column for each size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.small_change",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()
    rows = [measure(passages) for passages in arguments.passages]
    table = [
        {"measure": name, **{str(row["passages"]): row[name] for row in rows}}
        for name in rows[0]
        if name != "passages"
    ]
    print(markdown_table(table))


if __name__ == "__main__":
    main()
