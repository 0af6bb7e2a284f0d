"""Embeddings that remember the last queries: each is embedded once, however many parts ask for it."""

from collections import OrderedDict
from threading import Lock

from langchain_core.embeddings import Embeddings


class CachedQueryEmbeddings(Embeddings):
    """Wraps embeddings and keeps the vectors of the last ``size`` queries."""

    def __init__(self, embeddings: Embeddings, size: int = 256) -> None:
        self.embeddings = embeddings
        self._size = size
        self._vectors: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = Lock()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, uncached."""
        return self.embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The query's vector, from the cache if it was asked for lately."""
        with self._lock:
            vector = self._vectors.get(text)
            if vector is not None:
                self._vectors.move_to_end(text)
                return vector
        vector = self.embeddings.embed_query(text)
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        return vector
