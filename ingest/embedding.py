"""Vectors of passages that have none yet."""

from collections.abc import Callable, Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.errors import IngestError, RagError
from rag.knowledge_base import NewPassage, Writer
from rag.passage import embedding_text

Embed = Callable[[list[str]], list[list[float]]]

_SLICE = 64  # passages given to the embedder at a time: the grain of progress and of Ctrl-C


def embed_new(
    writer: Writer,
    passages: Sequence[NewPassage],
    embeddings: Embeddings,
    embedded: Callable[[int], None] = lambda count: None,
) -> dict[str, NDArray[np.float32]]:
    """Unit vectors, by digest, of those of the passages that the knowledge base has none of yet.

    Passages of like length are embedded together. ``embedded`` is told how many were done, again and again.
    The curated questions among them get vectors of their own, as queries: they are compared with queries.

    Raises:
        IngestError: the embedder failed, or gave something else than vectors.
    """
    missing = writer.missing_vectors(passages)
    missing.sort(key=lambda passage: len(passage.context) + len(passage.text))
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(missing), _SLICE):
        part = missing[start : start + _SLICE]
        texts = [embedding_text(passage.context, passage.text) for passage in part]
        matrix = _unit_vectors(embeddings.embed_documents, texts)
        vectors |= {passage.digest: row for passage, row in zip(part, matrix, strict=True)}
        embedded(len(part))
    questions = list(writer.missing_questions(passages).items())
    for start in range(0, len(questions), _SLICE):
        digests, texts_of = zip(*questions[start : start + _SLICE], strict=True)
        matrix = _unit_vectors(_query_embedder(embeddings), list(texts_of))
        vectors |= dict(zip(digests, matrix, strict=True))
    return vectors


def _query_embedder(embeddings: Embeddings) -> Embed:
    """The embedder's way to embed several queries: all at once where it has one."""
    at_once: Embed | None = getattr(embeddings, "embed_queries", None)
    return at_once or (lambda texts: [embeddings.embed_query(text) for text in texts])


def _unit_vectors(embed: Embed, texts: list[str]) -> NDArray[np.float32]:
    """A vector of length 1 for each text.

    Raises:
        IngestError: the embedder failed, or gave something else.
    """
    try:
        matrix: NDArray[np.float32] = np.asarray(embed(texts), dtype=np.float32)
        lengths: NDArray[np.float32] = np.linalg.norm(matrix, axis=1, keepdims=True)
        if len(matrix) != len(texts) or not (np.isfinite(lengths).all() and lengths.all()):
            raise ValueError("not every text got a vector of finite numbers, not all of them zero")
    except RagError:
        raise
    except Exception as error:  # an embedder may be anyone's, and raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise IngestError(
            f"the embedder failed: {reason}; see to it, then run the same command again (documents that were "
            "finished are kept)"
        ) from error
    return matrix / lengths
