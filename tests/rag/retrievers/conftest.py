"""Small knowledge bases with a simple embedder, for whatever searches them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.language import language_of

MakeKnowledgeBase = Callable[[Mapping[str, str]], KnowledgeBase]


@pytest.fixture
def embeddings(word_embeddings: Embeddings) -> Embeddings:
    """Bags of words: texts that share words are near each other."""
    return word_embeddings


def put(kb: KnowledgeBase, embeddings: Embeddings, texts: Mapping[str, str]) -> None:
    """Add documents of one passage each, by source, and publish them."""
    with kb.writer() as writer:
        root = writer.root("texts")
        for source, text in texts.items():
            passage = NewPassage(text, 0, len(text), lang=language_of(text))
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            document = NewDocument(source, sha256, len(text.encode()), 0, "test", text=text)
            vector = np.array(embeddings.embed_documents([text])[0], dtype=np.float32)
            writer.put(root, document, [passage], {passage.digest: vector})
        writer.publish()


@pytest.fixture
def make_knowledge_base(embeddings: Embeddings, tmp_path: Path) -> Iterator[MakeKnowledgeBase]:
    """Knowledge bases of texts, given by their source."""
    with ExitStack() as stack:

        def make(texts: Mapping[str, str]) -> KnowledgeBase:
            fingerprint = EmbedderFingerprint("words", 64, "0" * 64, "", "")
            kb = stack.enter_context(KnowledgeBase.create(tmp_path / "texts", fingerprint))
            put(kb, embeddings, texts)
            return kb

        yield make
