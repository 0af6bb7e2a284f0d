"""A small knowledge base to try things on, with vectors that depend on the text alone."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage, Writer
from rag.models.fingerprint import EmbedderFingerprint
from rag.passage import embedding_text
from tests.reading import seen

DIMENSION = 16

Embed = Callable[[str], NDArray[np.float32]]
Put = Callable[[Writer, str, str], None]


def embed_text(text: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def split_lines(text: str) -> list[NewPassage]:
    """One passage a line."""
    passages = []
    start = 0
    for line in text.splitlines(keepends=True):
        slice_ = line.rstrip("\n")
        if slice_:
            passages.append(NewPassage(text=slice_, start=start, end=start + len(slice_)))
        start += len(line)
    return passages


@pytest.fixture
def embed() -> Embed:
    """The vector of a text: unit length, DIMENSION values."""
    return embed_text


@pytest.fixture
def split() -> Callable[[str], list[NewPassage]]:
    """Passages of a text, one a line."""
    return split_lines


@pytest.fixture
def fingerprint() -> EmbedderFingerprint:
    """The embedder that ``embed`` stands for."""
    return EmbedderFingerprint("toy", DIMENSION, "0" * 64, "query: ", "passage: ")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the knowledge base lies."""
    return tmp_path / "kb"


@pytest.fixture
def knowledge_base(path: Path, fingerprint: EmbedderFingerprint) -> Iterator[KnowledgeBase]:
    """An empty knowledge base."""
    with KnowledgeBase.create(path, fingerprint) as made:
        yield made


@pytest.fixture
def put() -> Put:
    """Put a text as a document of the root /docs, one passage a line."""

    def put_text(writer: Writer, source: str, text: str) -> None:
        passages = split_lines(text)
        vectors = {
            each.digest: embed_text(embedding_text(each.context, each.text))
            for each in writer.missing_vectors(passages)
        }
        document = NewDocument(
            source=source,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            size=len(text.encode()),
            mtime_ns=1,
            parser="text",
            text=text,
            modified="2024-05-01",
        )
        writer.put(writer.root("/docs"), document, passages, vectors)

    return put_text


@pytest.fixture
def filled(knowledge_base: KnowledgeBase, put: Put) -> KnowledgeBase:
    """Three documents, published."""
    with knowledge_base.writer() as writer:
        put(writer, "leave.md", "员工每年有十天年假。\n年假须提前三天申请。")
        put(writer, "manual/ab-1200.md", "The AB-1200/X has three ports.\nReset it with the red button.")
        put(writer, "notice.md", "The office is closed on Friday.")
        writer.publish()
    return knowledge_base


@pytest.fixture
def found(embed: Embed) -> Callable[[KnowledgeBase], set[str]]:
    """All passage texts that either index can return; both must agree on them."""

    def find(knowledge_base: KnowledgeBase) -> set[str]:
        everything = seen(knowledge_base).search_dense(embed("anything"), 10_000)
        dense = {
            each.page_content for each in seen(knowledge_base).passages([each for each, _ in everything])
        }
        lexical = set()
        for text in dense:
            hits = seen(knowledge_base).search_lexical(text, 10_000)
            lexical |= {
                each.page_content for each in seen(knowledge_base).passages([each for each, _ in hits])
            }
        assert lexical == dense
        return dense

    return find
