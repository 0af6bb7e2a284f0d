"""Models by name: where from, digest, licence, cache, conversion."""

from rag.models.weights.registry import MODELS, find_model
from rag.models.weights.resolution import (
    gguf_digest,
    quiet_loading,
    resolve_gguf,
    resolve_model,
    weights_digest,
)

__all__ = [
    "MODELS",
    "find_model",
    "gguf_digest",
    "quiet_loading",
    "resolve_gguf",
    "resolve_model",
    "weights_digest",
]
