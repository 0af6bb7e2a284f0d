"""What tells one embedder from another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbedderFingerprint:
    """What makes two embedders interchangeable: vectors of one may be compared with vectors of the other."""

    name: str
    dimension: int
    digest: str  # SHA-256 over the model's weights
    query_prefix: str
    passage_prefix: str
