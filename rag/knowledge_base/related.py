"""Documents that are about the same as one, by the vectors of their passages."""

import heapq
from collections.abc import Iterator, Sequence
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
    reader: Reader, of: str | Document, k: int, root: str | None = None
) -> list[RelatedDocument]:
    """The ``k`` documents nearest to one, best first; exact, since every vector is looked at.

    Late interaction as in ColBERT (Khattab and Zaharia, SIGIR 2020), between passages in place of words.

    Args:
        reader: of what may be seen.
        of: a document by its source, or a passage, whose own document is left out.
        k: how many.
        root: the folder that the document was ingested from, where several have such a source.

    Raises:
        KnowledgeBaseError: there is no such document or passage, or several roots have the document.
    """
    own, vectors = _asked_for(reader, of, root)
    if not len(vectors):
        return []
    scored = (
        (*_compare(rows, vectors), key)
        for key, rows in groupby(_living(reader), key=lambda row: int(row[0]))
        if key != own
    )
    best = heapq.nlargest(k, scored)
    return [_described(reader, *each) for each in best]


def _asked_for(reader: Reader, of: str | Document, root: str | None) -> tuple[int, NDArray[np.float32]]:
    """The key of the document that is asked about, and the vectors to compare: shape (n, dimension)."""
    if isinstance(of, Document):
        rows = reader.fetch(f"{_VECTORS} WHERE p.passage_id = :id", {"id": of.id})
        if not rows:
            raise KnowledgeBaseError(
                f"the knowledge base {reader.folder} has no passage {of.id} (any more); search again"
            )
        return int(rows[0][0]), _stacked(rows)
    reader.text(of, root)  # raises where it isn't one document
    rows = reader.fetch(
        f"{_VECTORS} WHERE d.source = :source AND (:root IS NULL OR d.root = (SELECT id FROM roots WHERE "
        "path = :root)) ORDER BY p.ordinal",
        {"source": of, "root": root},
    )
    return (int(rows[0][0]) if rows else 0), _stacked(rows)


def _living(reader: Reader) -> Iterator[Sequence[Any]]:
    """Document, passage and vector of every passage, document by document."""
    for rows in reader.batches(f"{_VECTORS} ORDER BY d.key, p.ordinal", rows=_ROWS):
        yield from rows


def _compare(rows: Iterator[Sequence[Any]], vectors: NDArray[np.float32]) -> tuple[float, str]:
    """The similarity of the document that has the rows, and its nearest passage's id."""
    of_document = list(rows)
    cosines = _stacked(of_document) @ vectors.T
    nearest = int(cosines.max(axis=1).argmax())
    return float(cosines.max(axis=0).mean()), str(of_document[nearest][1])


def _stacked(rows: Sequence[Sequence[Any]]) -> NDArray[np.float32]:
    values = np.frombuffer(b"".join(row[2] for row in rows), dtype="<f2").astype(np.float32)
    return values.reshape(len(rows), -1) if rows else values.reshape(0, 0)


def _described(reader: Reader, similarity: float, passage_id: str, key: int) -> RelatedDocument:
    sql = "SELECT r.path, d.source, d.title FROM documents d JOIN roots r ON r.id = d.root WHERE d.key = :key"
    root, source, title = reader.fetch(sql, {"key": key})[0]
    (passage,) = reader.passages([passage_id])
    return RelatedDocument(root, source, title, round(similarity, 4), passage)
