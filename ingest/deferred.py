"""An embedder that is loaded only when there is something to embed."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from langchain_core.embeddings import Embeddings

from rag.knowledge_base import EmbedderFingerprint, KnowledgeBase


class FingerprintedEmbeddings(Protocol):
    """Embeddings that say what makes their vectors comparable."""

    @property
    def fingerprint(self) -> EmbedderFingerprint: ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...


class DeferredEmbeddings(Embeddings):
    """Builds its embedder at the first use, and sees then that the knowledge base was made with it.

    A run over a folder in which nothing changed so needs neither the weights nor the seconds to load them.
    """

    def __init__(self, build: Callable[[], FingerprintedEmbeddings], kb_path: Path) -> None:
        self._build = build
        self._kb_path = kb_path
        self._built: FingerprintedEmbeddings | None = None

    @property
    def fingerprint(self) -> EmbedderFingerprint:
        """The embedder's fingerprint."""
        return self._embedder().fingerprint

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        return self._checked().embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a query.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        return self._checked().embed_query(text)

    def check(self) -> None:
        """See that the knowledge base is being written with this embedder.

        Raises:
            KnowledgeBaseMismatch: it was made with another one.
        """
        KnowledgeBase.create(self._kb_path, self.fingerprint).close()

    def _embedder(self) -> FingerprintedEmbeddings:
        if self._built is None:
            self._built = self._build()
        return self._built

    def _checked(self) -> FingerprintedEmbeddings:
        if self._built is None:
            self.check()
        return self._embedder()
