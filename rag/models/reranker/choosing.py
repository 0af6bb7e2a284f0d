"""From the settings to a reranker."""

import threading
from typing import Any
from weakref import WeakKeyDictionary

from langchain_core.embeddings import Embeddings

from rag.errors import ConfigError
from rag.models.embedder import SentenceEmbeddings
from rag.models.reranker.adapter import BUNDLED
from rag.models.reranker.joint import JointReranker
from rag.models.reranker.onnx_model import OnnxReranker, find_onnx
from rag.models.reranker.reranker import Reranker
from rag.models.reranker.torch_model import TorchReranker
from rag.models.weights import MODELS, resolve_model
from rag.settings import RerankerSettings

BILINGUAL = "bilingual"
_ENGLISH_ONLY = frozenset({"ms-marco-minilm-l-12-v2"})
_FOREIGN_WEIGHT = 0.1  # of a cross-encoder that is not ours; fitted for ms-marco-minilm-l-12-v2

_lock = threading.Lock()
_of_embedder: WeakKeyDictionary[SentenceEmbeddings, dict[str, Reranker]] = WeakKeyDictionary()
_others: dict[str, Reranker] = {}


def build_reranker(settings: RerankerSettings, embeddings: Embeddings) -> Reranker | None:
    """The reranker that the settings name, loaded when it is first used; None if they name none.

    The same settings give the same object in a process, so that its weights are in memory once.

    Raises:
        WeightsError: the model isn't there, or was trained on another embedder.
        ConfigError: it shares the embedder's weights, and the embedder isn't of a kind that has any.
    """
    if not settings.model:
        return None
    key = settings.model_dump_json(exclude={"budget_ms", "candidates"})
    with _lock:
        if settings.model == BILINGUAL:
            embedder = _bare(embeddings)
            known = _of_embedder.setdefault(embedder, {})
            if key not in known:
                known[key] = _weighted(JointReranker(embedder, BUNDLED), settings)
            return known[key]
        if key not in _others:
            _others[key] = _weighted(_open(settings), settings)
        return _others[key]


def _open(settings: RerankerSettings) -> Reranker:
    if settings.model in MODELS and MODELS[settings.model].role != "reranker":
        raise ConfigError(
            f"the model '{settings.model}' is no reranker; correct [reranker] model in rag.toml"
        )
    folder = resolve_model(settings.model)
    languages = frozenset({"en"}) if settings.model in _ENGLISH_ONLY else None
    if settings.languages is not None:
        languages = frozenset(settings.languages)
    if find_onnx(folder) is not None and not any(folder.glob("*.safetensors")):
        return OnnxReranker(folder, weight=_FOREIGN_WEIGHT, languages=languages)
    return TorchReranker(
        folder, weight=_FOREIGN_WEIGHT, languages=languages, device=settings.device, dtype=settings.dtype
    )


def _weighted(reranker: Any, settings: RerankerSettings) -> Reranker:
    if settings.weight is not None:
        reranker.weight = settings.weight
    weighted: Reranker = reranker
    return weighted


def _bare(embeddings: Embeddings) -> SentenceEmbeddings:
    """The embedder inside of wrappers that remember queries."""
    inner: Any = embeddings
    while not isinstance(inner, SentenceEmbeddings):
        inner = getattr(inner, "embeddings", None)
        if inner is None:
            raise ConfigError(
                f"the reranker '{BILINGUAL}' shares the embedder's weights, and "
                f"{type(embeddings).__name__} has "
                'none to share; set [reranker] model = "" in rag.toml'
            )
    return inner
