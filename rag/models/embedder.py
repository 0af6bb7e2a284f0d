"""Texts to vectors: a LangChain ``Embeddings`` over a sentence-transformers model.

The model is loaded when it is first needed; the fingerprint is known before, from the folder's small files,
so that comparing it with a knowledge base's costs nothing.

On a CPU, many texts are shared out among threads that each put small batches through the whole model. Threads
that share each layer's arithmetic instead, as torch does by itself, wait for one another at every step, and
where another program takes a core for a moment, all of them wait for it.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.errors import WeightsError
from rag.models.embedding_batches import Batch, share_out
from rag.models.fingerprint import EmbedderFingerprint, declared_dimension, declared_prefixes
from rag.models.hardware import choose_device, choose_dtype
from rag.models.weights import quiet_loading, weights_digest
from rag.text.language import approximate_tokens

_SHORT_TOKENS = 64
_TEXTS_AT_ONCE = 512  # texts that are tokenized together and then shared out
_MOST_WORKERS = 8  # threads that run the model side by side; of more cores, each takes several


class SentenceEmbeddings(Embeddings):
    """Embeds queries and passages; every vector is float32 and of length 1.

    ``folder`` holds a sentence-transformers model, or a transformers encoder, which is mean-pooled.
    ``name`` is what to call it (the folder's name by default). Prefixes of None are the model's own prompts,
    where it has any. Safe to use from several threads.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        name: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
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
        self._loaded: Any = None
        self._thread_pools: Any = None
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
        text = self._query_prefix + text
        features = self._features([text])
        # Sharing a query of some words among threads saves some milliseconds at best; on a machine that is
        # busy, with a generator say, threads that wait for each other make it many times slower.
        short = approximate_tokens(text) <= _SHORT_TOKENS
        with self._thread_limit(1) if short else nullcontext():
            vector: list[float] = self._forward(features)[0].tolist()
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

    def _encode_all(self, texts: Sequence[str], prefix: str) -> list[list[float]]:
        """Texts of like length go through the model together, the longest first.

        So little is padded, and memory runs out at once or not at all.
        """
        vectors: list[list[float]] = [[]] * len(texts)
        lengths = [approximate_tokens(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda index: -lengths[index])
        for first in range(0, len(order), _TEXTS_AT_ONCE):
            block = order[first : first + _TEXTS_AT_ONCE]
            for rows, encoded in self._encode_block([prefix + texts[index] for index in block]):
                for row, vector in zip(rows, encoded.tolist(), strict=True):
                    vectors[block[row]] = vector
        return vectors

    def _encode_block(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """Places of texts with their vectors, batch by batch."""
        features = self._features(texts)
        cores = self._sharing_threads()
        batches = share_out(features, len(texts), self.batch_size, min(cores, _MOST_WORKERS))
        workers = min(cores, _MOST_WORKERS, len(batches))
        if workers == 1:
            for batch in batches:
                yield batch.rows, self._forward(batch.features)
            return

        def encode(batch: Batch) -> NDArray[np.float32]:
            with self._thread_limit(cores // workers):
                return self._forward(batch.features)

        with ThreadPoolExecutor(workers, thread_name_prefix="embedding") as pool:
            for batch, vectors in zip(batches, pool.map(encode, batches), strict=True):
                yield batch.rows, vectors

    def _features(self, texts: Sequence[str]) -> dict[str, Any]:
        """Texts as the model takes them. One thread at a time, as a tokenizer wants it."""
        # half of a surrogate pair, which a damaged file or command line can hold, isn't text for a tokenizer
        texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with self._lock:
            features: dict[str, Any] = dict(self._model().preprocess(texts))
            return features

    def _forward(self, features: Mapping[str, Any]) -> NDArray[np.float32]:
        """Vectors of length 1; the model is loaded."""
        import torch
        from sentence_transformers.util import batch_to_device

        model = self._loaded
        with torch.inference_mode():
            pooled = model(batch_to_device(dict(features), model.device))["sentence_embedding"]
            # normalized here and in float32, since a length rounded to bfloat16 is off by up to 0.4 %
            normalized = torch.nn.functional.normalize(pooled[:, : model.truncate_dim].float(), dim=1)
            vectors: NDArray[np.float32] = normalized.cpu().numpy()
            return vectors

    def _model(self) -> Any:
        """The model; to be called under the lock."""
        if self._loaded is None:
            from sentence_transformers import SentenceTransformer
            from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

            device = choose_device(self._device)
            self._thread_pools = ThreadpoolController()
            options = {"dtype": choose_dtype(self._dtype, device), "use_safetensors": True}
            try:
                with quiet_loading():
                    self._loaded = SentenceTransformer(
                        str(self.folder), device=device, model_kwargs=options, local_files_only=True
                    ).eval()
            except (OSError, ValueError, KeyError, AttributeError, RuntimeError, TypeError) as error:
                cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise WeightsError(
                    f"the embedder '{self.name}' can't be loaded from {self.folder}: {cause}; "
                    "pull it again or name another in rag.toml"
                ) from error
        return self._loaded

    def _sharing_threads(self) -> int:
        """Among how many threads work on the model's device is shared out; the model is loaded."""
        import torch

        return torch.get_num_threads() if self._loaded.device.type == "cpu" else 1

    def _thread_limit(self, threads: int) -> AbstractContextManager[object]:
        """At most so many threads for what the calling thread does; other threads keep theirs."""
        limit: AbstractContextManager[object] = self._thread_pools.limit(limits=threads, user_api="openmp")
        return limit


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
