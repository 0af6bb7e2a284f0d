"""Models that read a question and a passage together, to put the best candidates in a better order."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigError, WeightsError
from rag.models.hardware import choose_device, choose_dtype
from rag.models.weights import MODELS, quiet_loading, resolve_model
from rag.settings import RerankerSettings

_NEW = 0.3  # what the latest measurement weighs in the pace
_HOPE = 1.25  # by which the pace is taken to have risen when there was no time to measure it
_BATCH = 8  # pairs
_WEIGHT = 0.1  # of a cross-encoder's scores; fitted for an English one of twelve layers (MS MARCO MiniLM)

_building = threading.Lock()


class Pace:
    """How many tokens a millisecond are read, as it was seen lately; None before anything was."""

    def __init__(self) -> None:
        self.tokens_per_ms: float | None = None

    def measured(self, tokens: int, milliseconds: float) -> None:
        """Take a measurement in."""
        seen = tokens / max(milliseconds, 1e-3)
        self.tokens_per_ms = (
            seen if self.tokens_per_ms is None else (1 - _NEW) * self.tokens_per_ms + _NEW * seen
        )

    def missed(self) -> None:
        """Nothing was read for want of time: a slow moment isn't held against the machine for ever."""
        if self.tokens_per_ms is not None:
            self.tokens_per_ms *= _HOPE


@runtime_checkable  # for pydantic, which looks at the fields of a search
class Reranker(Protocol):
    """A model that reads a question and a passage together.

    ``languages`` are those that it reads; None: all. ``weight`` is what one of its scores' points is worth
    beside those of the product's own retrieval. ``query_tokens`` and ``passage_tokens`` are the most that it
    reads of each. ``pace`` is remembered here by whoever uses it.
    """

    languages: frozenset[str] | None
    weight: float
    pace: Pace
    query_tokens: int
    passage_tokens: int

    def load(self) -> None:
        """Have everything in memory, so that scoring can be timed.

        Raises:
            WeightsError: the model can't be loaded.
        """

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the query, shape (texts,); only differences mean something.

        Raises:
            WeightsError: the model can't be loaded.
        """


class CrossEncoderReranker:
    """A sentence-transformers ``CrossEncoder`` from a folder; safe to use from several threads."""

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


def build_reranker(settings: RerankerSettings) -> CrossEncoderReranker | None:
    """The reranker that the settings name, loaded when it is first used; None if they name none.

    The same settings give the same object in a process, so that its weights are in memory once.

    Raises:
        WeightsError: the model isn't there.
        ConfigError: the model is of another kind.
    """
    if not settings.model:
        return None
    with _building:
        return _built(settings.model, settings.weight, settings.languages, settings.device, settings.dtype)


@lru_cache(maxsize=2)
def _built(
    model: str, weight: float | None, languages: tuple[str, ...] | None, device: str, dtype: str
) -> CrossEncoderReranker:
    if model in MODELS:
        raise ConfigError(f"the model '{model}' is no reranker; correct [reranker] model in rag.toml")
    return CrossEncoderReranker(
        resolve_model(model),
        weight=_WEIGHT if weight is None else weight,
        languages=None if languages is None else frozenset(languages),
        device=device,
        dtype=dtype,
    )
