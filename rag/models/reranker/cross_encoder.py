"""Cross-encoders of sentence-transformers: any that reads a question and a passage and gives a score."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError
from rag.models.hardware import choose_device, choose_dtype
from rag.models.reranker.reranker import Pace
from rag.models.weights import quiet_loading

_BATCH = 8  # pairs


class CrossEncoderReranker:
    """A sentence-transformers ``CrossEncoder`` from a folder; safe to use from several threads."""

    foreign_bonus = 0.0
    query_tokens = 64
    passage_tokens = 256

    def __init__(
        self, folder: Path, *, weight: float, languages: frozenset[str] | None, device: str, dtype: str
    ) -> None:
        self.folder = folder
        self.weight = weight
        self.languages = languages
        self.pace = Pace()
        self._device, self._dtype = device, dtype
        self._lock = threading.Lock()
        self._model: Any = None

    def load(self) -> None:
        """Have the model in memory.

        Raises:
            WeightsError: it can't be loaded.
        """
        with self._lock:
            if self._model is not None:
                return
            from sentence_transformers import CrossEncoder

            device = choose_device(self._device)
            try:
                with quiet_loading():
                    self._model = CrossEncoder(
                        str(self.folder),
                        device=device,
                        max_length=self.query_tokens + self.passage_tokens,
                        model_kwargs={"dtype": choose_dtype(self._dtype, device), "use_safetensors": True},
                        local_files_only=True,
                    )
            except (OSError, ValueError, KeyError, AttributeError, RuntimeError, TypeError) as error:
                cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise WeightsError(
                    f"the reranker can't be loaded from {self.folder}: {cause}; name another in rag.toml"
                ) from error

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the query, shape (texts,): the model's logits."""
        import torch

        self.load()
        if not texts:
            return np.zeros(0)
        # half of a surrogate pair isn't text for a tokenizer
        asked, *whole = (each.encode("utf-8", "replace").decode("utf-8") for each in (query, *texts))
        pairs = [(asked, text) for text in whole]
        with self._lock:
            found = self._model.predict(
                pairs, batch_size=_BATCH, show_progress_bar=False, activation_fn=torch.nn.Identity()
            )
        scores: NDArray[np.float64] = np.asarray(found, dtype=np.float64).reshape(len(texts), -1)[:, -1]
        return scores
