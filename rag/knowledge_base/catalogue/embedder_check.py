"""Refusing an embedder that a knowledge base's vectors weren't made with."""

from rag.errors import KnowledgeBaseMismatch
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.models.fingerprint import EmbedderFingerprint


def check_embedder(catalogue: Catalogue, embedder: int, expected: EmbedderFingerprint | None) -> None:
    """Refuse an embedder that the knowledge base's vectors weren't made with.

    Raises:
        KnowledgeBaseMismatch: ``expected`` is another one.
    """
    found = catalogue.fingerprint(embedder)
    if expected is None or expected == found:
        return
    raise KnowledgeBaseMismatch(
        f"the knowledge base {catalogue.folder} was made with the embedder {_describe(found, expected)}, "
        f"not with {_describe(expected, found)}; set that one, or make the knowledge base anew with "
        f"`python -m ingest DIR --kb {catalogue.folder} --rebuild`"
    )


def _describe(one: EmbedderFingerprint, other: EmbedderFingerprint) -> str:
    """The embedder's name, with what tells it from the other if that isn't the name."""
    if (one.name, one.dimension) != (other.name, other.dimension):
        return f"{one.name} (dimension {one.dimension})"
    if one.digest != other.digest:
        return f"{one.name} (weights {one.digest[:12]})"
    return f"{one.name} (prefixes {one.query_prefix!r} and {one.passage_prefix!r})"
