"""Documents that are about the same as one, by the vectors of their passages."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.knowledge_base.catalogue.reader import Reader

_VECTORS = (
    "SELECT d.key, p.passage_id, v.vector FROM documents d CROSS JOIN passages p ON p.document = d.key "
    "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder"
)
_ROWS = 1024  # fetched at once


@dataclass(frozen=True, slots=True)
class RelatedDocument:
    """A document near another one, or near a passage.

    ``similarity``: for each passage of the one, the cosine to the nearest passage of the other; the mean of
    these. It is lower across languages, so compare it within a list only.
    """

    root: str
    source: str
    title: str
    similarity: float
    passage: Document  # the other document's that comes nearest


def related_documents(
    reader: Reader, of: str | Document, k: int, root: str | None
) -> list[tuple[tuple[str, str, str], float, str]]:
    """See ``Contents.related``: root, source and title, the similarity, and the nearest passage's id.

    Late interaction as in ColBERT (Khattab and Zaharia, SIGIR 2020), between passages in place of words.
    """
    own, vectors = _asked_for(reader, of, root)
    if not len(vectors):
        return []
    rows = (row for batch in reader.batches(f"{_VECTORS} ORDER BY d.key, p.ordinal", _ROWS) for row in batch)
    scored = (
        (*_compare(list(passages), vectors), key)
        for key, passages in groupby(rows, key=lambda row: int(row[0]))
        if key != own
    )
    sql = "SELECT r.path, d.source, d.title FROM documents d JOIN roots r ON r.id = d.root WHERE d.key = :key"
    return [
        (reader.fetch(sql, {"key": key})[0], round(similarity, 4), passage_id)
        for similarity, passage_id, key in heapq.nlargest(k, scored)
    ]


def _asked_for(reader: Reader, of: str | Document, root: str | None) -> tuple[int, NDArray[np.float32]]:
    """The key of the document that is asked about, and the vectors to compare: shape (n, dimension)."""
    if isinstance(of, Document):
        rows = reader.fetch(f"{_VECTORS} WHERE p.passage_id = :id", {"id": of.id})
        if not rows:
            raise KnowledgeBaseError(
                f"the knowledge base {reader.folder} has no passage {of.id} (any more); search again"
            )
    else:
        wanted = (
            "d.source = :source AND (:root IS NULL OR d.root = (SELECT id FROM roots WHERE path = :root))"
        )
        sql = f"{_VECTORS} WHERE {wanted} ORDER BY p.ordinal"
        rows = reader.fetch(sql, {"source": of, "root": root})
    return (int(rows[0][0]) if rows else 0), _stacked(rows)


def _compare(passages: Sequence[Sequence[Any]], vectors: NDArray[np.float32]) -> tuple[float, str]:
    """The similarity of the document that has the passages, and the nearest one's id."""
    cosines = _stacked(passages) @ vectors.T
    nearest = int(cosines.max(axis=1).argmax())
    return float(cosines.max(axis=0).mean()), str(passages[nearest][1])


def _stacked(rows: Sequence[Sequence[Any]]) -> NDArray[np.float32]:
    values = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f2").astype(np.float32)
    return values.reshape(len(rows), -1) if rows else values.reshape(0, 0)
