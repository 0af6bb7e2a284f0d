"""Texts to vectors: a LangChain ``Embeddings`` over a sentence-transformers model.

The model is loaded when it is first needed; the fingerprint is known before, from the folder's small files,
so that comparing it with a knowledge base's costs nothing.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.models.fingerprint import EmbedderFingerprint, declared_dimension, declared_prefixes
from rag.models.int8_file import int8_file_for
from rag.models.weights import weights_digest
from rag.settings import EmbedderDtype
from rag.text.language import approximate_tokens

_TEXTS_AT_ONCE = 512  # texts that are tokenized together and then shared out


class Encoder(Protocol):
    """A model in memory, whatever computes it. Safe to use from several threads."""

    def one(self, text: str) -> NDArray[np.float32]:
        """The vector (dimension,) of a text, of length 1."""

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Places of texts, the longest first, with their vectors (places, dimension)."""


class SentenceEmbeddings(Embeddings):
    """Embeds queries and passages; every vector is float32 and of length 1.

    ``folder`` holds a sentence-transformers model, or a transformers encoder, which is mean-pooled.
    ``name`` is what to call it (the folder's name by default). Prefixes of None are the model's own prompts,
    where it has any. ``dtype`` "int8" computes by ONNX Runtime on the CPU (`rag.models.int8_file`), which
    "auto" takes where it has been prepared. Safe to use from several threads.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        device: str = "auto",
        dtype: EmbedderDtype = "auto",
        batch_size: int = 32,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
    ) -> None:
        """Remember how to load the model."""
        self.folder = Path(folder)
        self.name = name if name is not None else self.folder.name
        self.batch_size = batch_size
        self._device = device
        self._dtype = dtype
        own_query_prefix, own_passage_prefix = declared_prefixes(self.folder)
        self._query_prefix = own_query_prefix if query_prefix is None else query_prefix
        self._passage_prefix = own_passage_prefix if passage_prefix is None else passage_prefix
        self._lock = threading.Lock()
        self._loaded: Encoder | None = None
        self._fingerprint: EmbedderFingerprint | None = None

    @property
    def fingerprint(self) -> EmbedderFingerprint:
        """What a knowledge base remembers of its embedder. Reads a foreign model's weights the first time.

        Raises:
            WeightsError: the folder holds no model.
        """
        if self._fingerprint is None:
            self._fingerprint = EmbedderFingerprint(
                name=self.name,
                dimension=declared_dimension(self.folder) or len(self.embed_query(".")),
                digest=weights_digest(self.folder),
                query_prefix=self._query_prefix,
                passage_prefix=self._passage_prefix,
            )
        return self._fingerprint

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query.

        Raises:
            WeightsError: the model can't be loaded.
        """
        vector: list[float] = self._encoder().one(_text(self._query_prefix + text)).tolist()
        return vector

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """The vectors of many queries, in order.

        Raises:
            WeightsError: the model can't be loaded.
        """
        return self._encode_all(texts, self._query_prefix)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of passages, in order.

        Raises:
            WeightsError: the model can't be loaded.
        """
        return self._encode_all(texts, self._passage_prefix)

    def load(self) -> None:
        """Load the model now rather than when it is first needed.

        Raises:
            WeightsError: the model can't be loaded.
        """
        self._encoder()

    def _encode_all(self, texts: Sequence[str], prefix: str) -> list[list[float]]:
        """Texts of like length go through the model together, the longest first.

        So little is padded, and memory runs out at once or not at all.
        """
        vectors: list[list[float]] = [[]] * len(texts)
        lengths = [approximate_tokens(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda index: -lengths[index])
        for first in range(0, len(order), _TEXTS_AT_ONCE):
            block = order[first : first + _TEXTS_AT_ONCE]
            encoded = self._encoder().many([_text(prefix + texts[index]) for index in block])
            for rows, rows_vectors in encoded:
                for row, vector in zip(rows, rows_vectors.tolist(), strict=True):
                    vectors[block[row]] = vector
        return vectors

    def _encoder(self) -> Encoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> Encoder:
        file = int8_file_for(self.folder, self._dtype, self._device)
        if file is not None:
            from rag.models.int8_encoder import Int8Encoder

            return Int8Encoder(self.folder, file, name=self.name)
        from rag.models.torch_encoder import TorchEncoder

        return TorchEncoder(
            self.folder,
            name=self.name,
            device=self._device,
            dtype=self._dtype,
            batch_size=self.batch_size,
        )


def _text(text: str) -> str:
    """The text as tokenizers take it: half of a surrogate pair, as a damaged file can hold, is none."""
    return text.encode("utf-8", "replace").decode("utf-8")


class CachedQueryEmbeddings(Embeddings):
    """Remembers the vectors of the last queries: each is embedded once, however many parts ask for it."""

    def __init__(self, embeddings: Embeddings, size: int = 256) -> None:
        self.embeddings = embeddings
        self._remembering = lru_cache(maxsize=size)(embeddings.embed_query)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector per text, uncached."""
        return self.embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The query's vector, from memory if it was asked for lately."""
        return list(self._remembering(text))
