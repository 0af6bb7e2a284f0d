"""Curated entries with a simple embedder, for whatever asks them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from ingest.document_text import assemble
from ingest.embedding import embed_new
from ingest.parsers.faq import faq_block
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from rag.knowledge_base import KnowledgeBase, NewDocument
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer, Glossary

Entry = tuple[str, Sequence[str], str]  # question, other phrasings, answer
MakeCurated = Callable[[Mapping[str, Sequence[Entry]]], KnowledgeBase]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer(Glossary.parse(""))


class WordEmbeddings(Embeddings):
    """Bags of words, so that questions which share words are alike; remembers what it was asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._embed(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        self.queries.append(text)
        return self._embed(text)

    def _embed(self, text: str) -> list[float]:
        vector = np.full(64, 0.3)
        for term in Analyzer().content_terms(text):
            vector[sum(term.encode()) % 64] += 1
        return list((vector / np.linalg.norm(vector)).tolist())


@pytest.fixture
def word_embeddings() -> WordEmbeddings:
    return WordEmbeddings()


@pytest.fixture
def put_curated(word_embeddings: WordEmbeddings) -> Callable[[KnowledgeBase, str, Sequence[Entry]], None]:
    def put(knowledge_base: KnowledgeBase, source: str, entries: Sequence[Entry]) -> None:
        text = assemble([faq_block(question, answer, phrasings=more) for question, more, answer in entries])
        passages = split_text(PassageSplitter(), text, "")
        with knowledge_base.writer() as writer:
            document = NewDocument(source, source, 1, 1, "csv", text=text.text)
            vectors = embed_new(writer, passages, word_embeddings)
            writer.put(writer.root("/docs"), document, passages, vectors)
            writer.publish()
        word_embeddings.queries.clear()

    return put


@pytest.fixture
def make_curated(
    tmp_path: Path, put_curated: Callable[[KnowledgeBase, str, Sequence[Entry]], None]
) -> Iterator[MakeCurated]:
    """Knowledge bases with entries, given by the source of their document."""
    with ExitStack() as stack:

        def make(sources: Mapping[str, Sequence[Entry]]) -> KnowledgeBase:
            folder = tmp_path / f"kb{len(list(tmp_path.iterdir()))}"
            fingerprint = EmbedderFingerprint("words", 64, "0", "", "")
            made = stack.enter_context(KnowledgeBase.create(folder, fingerprint))
            for source, entries in sources.items():
                put_curated(made, source, entries)
            return made

        yield make
