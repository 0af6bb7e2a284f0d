"""How long a search takes in a running process: ``python -m benchmarks.search [--passages N] [--queries N]``.

A knowledge base of synthetic passages with made-up vectors (cost doesn't depend on what vectors mean) is made
in a temporary folder; queries are embedded by the real embedder that the settings name. Prints p50 and p95 of
embedding the query, of the whole search, and of searches under filters that let more or fewer passages
through, against the limit of 100 ms.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.synthetic import make_passages, make_queries, make_vectors
from rag.answer import Question
from rag.build import build_embeddings
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.catalogue.records import NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.service import Service
from rag.settings import load_settings

LIMIT_MS = 100.0
K = 10
PER_DOCUMENT = 50
FOLDERS = 100
WARM_UP = 5
FILTERS = (
    ("a filter that half of the documents pass", Filter(source=("[0-4]?/",))),
    ("a filter that 1 in 10 documents passes", Filter(source=("0?/",))),
    ("a filter that 1 in 100 documents passes", Filter(source=("07/",))),
    ("a filter that 1 in 10 passages passes, by page", Filter(pages="1-5")),
    ("a filter that nothing passes", Filter(since="2027")),
)


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--config", type=Path)
    args = parser.parse_args()
    settings = load_settings(args.config)
    passages = list(make_passages(args.passages))
    with tempfile.TemporaryDirectory() as folder:
        settings = settings.override("knowledge_base", path=Path(folder) / "kb")
        fill(settings.knowledge_base.path, build_embeddings(settings).fingerprint, passages)
        service = Service(settings, roots=EVERYTHING)
        queries = [" ".join(terms) for terms in make_queries(passages, args.queries + WARM_UP)]
        searched = [service.search(query, K) for query in tqdm(queries, unit="query")][WARM_UP:]
        filtered = {
            name: [
                service.search(Question(query, filter=each), K).total_ms
                for query in tqdm(queries, unit="query")
            ][WARM_UP:]
            for name, each in FILTERS
        }
    print(f"| {args.passages:,} passages | p50 ms | p95 ms | limit ms |")
    print("|---|---|---|---|")
    for name, values in (
        ("embedding the query", [each.embed_ms for each in searched]),
        ("the whole search", [each.total_ms for each in searched]),
        *(
            (f"searching under {name}, its query embedded before", values)
            for name, values in filtered.items()
        ),
    ):
        print(
            f"| {name} | {statistics.median(values):.1f} | {np.percentile(values, 95):.1f} | {LIMIT_MS:.0f} |"
        )


def fill(folder: Path, fingerprint: EmbedderFingerprint, passages: list[list[str]]) -> None:
    """Make a knowledge base of the passages, ``PER_DOCUMENT`` to a document, with made-up vectors."""
    vectors = make_vectors(len(passages), fingerprint.dimension)
    with KnowledgeBase.create(folder, fingerprint) as knowledge_base, knowledge_base.writer() as writer:
        root = writer.root(folder.parent)
        for first in tqdm(range(0, len(passages), PER_DOCUMENT), unit="document"):
            texts = [" ".join(terms) + "." for terms in passages[first : first + PER_DOCUMENT]]
            stored: list[NewPassage] = []
            start = 0
            for page, text in enumerate(texts, start=1):
                stored.append(NewPassage(text=text, start=start, end=start + len(text), page=page))
                start += len(text) + 1
            document = NewDocument(
                source=f"{first // PER_DOCUMENT % FOLDERS:02}/{first}", sha256=f"{first:064x}", size=start,
                mtime_ns=0, parser="synthetic", text="\n".join(texts), modified="2026-01-01",
            )  # fmt: skip
            writer.put(
                root, document, stored, {each.digest: vectors[first + n] for n, each in enumerate(stored)}
            )
        writer.publish()


if __name__ == "__main__":
    main()
