"""A sentence-transformers model by torch, on a GPU or a CPU.

On a CPU, many texts are shared out among threads that each put small batches through the whole model. Threads
that share each layer's arithmetic instead, as torch does by itself, wait for one another at every step, and
where another program takes a core for a moment, all of them wait for it.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError, first_line
from rag.models.embedding_batches import Batch, share_out
from rag.models.hardware import choose_device, choose_dtype
from rag.models.weights import quiet_loading
from rag.text.language import approximate_tokens

_SHORT_TOKENS = 64
_MOST_WORKERS = 8  # threads that run the model side by side; of more cores, each takes several


class TorchEncoder:
    """A folder's model in memory. ``name`` is what messages call it.

    Raises:
        WeightsError: the model can't be loaded.
    """

    def __init__(self, folder: Path, *, name: str, device: str, dtype: str, batch_size: int) -> None:
        from sentence_transformers import SentenceTransformer
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._thread_pools: Any = ThreadpoolController()
        device = choose_device(device)
        options = {"dtype": choose_dtype(dtype, device), "use_safetensors": True}
        try:
            with quiet_loading():
                self._model: Any = SentenceTransformer(
                    str(folder), device=device, model_kwargs=options, local_files_only=True
                ).eval()
        except (OSError, ValueError, KeyError, AttributeError, RuntimeError, TypeError) as error:
            raise WeightsError(
                f"the embedder '{name}' can't be loaded from {folder}: {first_line(error)}; "
                "pull it again or name another in rag.toml"
            ) from error

    def one(self, text: str) -> NDArray[np.float32]:
        """See `Encoder`."""
        features = self._features([text])
        # Sharing a query of some words among threads saves some milliseconds at best; on a machine that is
        # busy, with a generator say, threads that wait for each other make it many times slower.
        short = approximate_tokens(text) <= _SHORT_TOKENS
        with self._thread_limit(1) if short else nullcontext():
            vector: NDArray[np.float32] = self._forward(features)[0]
            return vector

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """See `Encoder`."""
        features = self._features(texts)
        cores = self._sharing_threads()
        batches = share_out(features, len(texts), self._batch_size, min(cores, _MOST_WORKERS))
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
        with self._lock:
            features: dict[str, Any] = dict(self._model.preprocess(texts))
            return features

    def _forward(self, features: Mapping[str, Any]) -> NDArray[np.float32]:
        """Vectors of length 1."""
        import torch
        from sentence_transformers.util import batch_to_device

        model = self._model
        with torch.inference_mode():
            pooled = model(batch_to_device(dict(features), model.device))["sentence_embedding"]
            # normalized here and in float32, since a length rounded to bfloat16 is off by up to 0.4 %
            normalized = torch.nn.functional.normalize(pooled[:, : model.truncate_dim].float(), dim=1)
            vectors: NDArray[np.float32] = normalized.cpu().numpy()
            return vectors

    def _sharing_threads(self) -> int:
        """Among how many threads work on the model's device is shared out."""
        import torch

        return torch.get_num_threads() if self._model.device.type == "cpu" else 1

    def _thread_limit(self, threads: int) -> AbstractContextManager[object]:
        """At most so many threads for what the calling thread does; other threads keep theirs."""
        limit: AbstractContextManager[object] = self._thread_pools.limit(limits=threads, user_api="openmp")
        return limit
