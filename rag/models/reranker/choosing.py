"""From the settings to a reranker."""

import threading
from functools import lru_cache
from typing import Any

from langchain_core.embeddings import Embeddings

from rag.errors import ConfigError
from rag.models.embedder import SentenceEmbeddings
from rag.models.reranker.cross_encoder import CrossEncoderReranker
from rag.models.reranker.joint import BUNDLED, JointReranker
from rag.models.reranker.reranker import Reranker
from rag.models.weights import MODELS, resolve_model
from rag.settings import RerankerSettings

BILINGUAL = "bilingual"
_WEIGHT = 0.1  # of a cross-encoder's scores; fitted for an English one of twelve layers (MS MARCO MiniLM)

_lock = threading.Lock()


def build_reranker(settings: RerankerSettings, embeddings: Embeddings) -> Reranker | None:
    """The reranker that the settings name, loaded when it is first used; None if they name none.

    The same settings give the same object in a process, so that its weights are in memory once.

    Raises:
        WeightsError: the model isn't there, or was trained on another embedder.
        ConfigError: it shares the embedder's weights, and the embedder isn't of a kind that has any; or the
            model is of another kind.
    """
    if not settings.model:
        return None
    with _lock:
        if settings.model == BILINGUAL:
            return _joint(_bare(embeddings), settings.weight)
        return _cross_encoder(
            settings.model, settings.weight, settings.languages, settings.device, settings.dtype
        )


@lru_cache(maxsize=2)
def _joint(embedder: SentenceEmbeddings, weight: float | None) -> Reranker:
    reranker = JointReranker(embedder, BUNDLED)
    if weight is not None:
        reranker.weight = weight
    return reranker


@lru_cache(maxsize=2)
def _cross_encoder(
    model: str, weight: float | None, languages: tuple[str, ...] | None, device: str, dtype: str
) -> Reranker:
    if model in MODELS:
        raise ConfigError(f"the model '{model}' is no reranker; correct [reranker] model in rag.toml")
    return CrossEncoderReranker(
        resolve_model(model),
        weight=_WEIGHT if weight is None else weight,
        languages=None if languages is None else frozenset(languages),
        device=device,
        dtype=dtype,
    )


def _bare(embeddings: Embeddings) -> SentenceEmbeddings:
    """The embedder inside of wrappers that remember queries."""
    inner: Any = embeddings
    while not isinstance(inner, SentenceEmbeddings):
        inner = getattr(inner, "embeddings", None)
        if inner is None:
            raise ConfigError(
                f"the reranker '{BILINGUAL}' shares the embedder's weights, and "
                f'{type(embeddings).__name__} has none to share; set [reranker] model = "" in rag.toml'
            )
    return inner
