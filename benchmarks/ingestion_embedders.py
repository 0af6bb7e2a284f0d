"""Embedders that stand in while ingestion is measured."""

import zlib

import numpy as np
from langchain_core.embeddings import Embeddings


class MadeUpVectors(Embeddings):
    """Vectors that depend on the text alone and cost nothing."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The text's vector."""
        random = np.random.default_rng(zlib.crc32(text.encode()))
        vector: list[float] = random.standard_normal(self._dimension).tolist()
        return vector


class RememberingEmbeddings(Embeddings):
    """Another embedder, and the texts it was given."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self.texts: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """As the other embedder."""
        self.texts += texts
        return self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """As the other embedder."""
        return self._embeddings.embed_query(text)
