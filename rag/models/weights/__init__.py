"""Models by name: where from, digest, licence, cache, conversion."""

from rag.models.weights.registry import MODELS, find_model
from rag.models.weights.resolution import quiet_loading, resolve_model, weights_digest

__all__ = ["MODELS", "find_model", "quiet_loading", "resolve_model", "weights_digest"]
