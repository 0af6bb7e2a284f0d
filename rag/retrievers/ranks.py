"""Dense and lexical search each by itself, and fused by their ranks: what the search is compared with."""

from collections.abc import Sequence

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.filter import Filter
from rag.knowledge_base import Snapshot, View
from rag.passage import with_score
from rag.questions.inquiry import Inquiry
from rag.retrievers.language_geometry import Vector
from rag.retrievers.retriever import InquiryRetriever
from rag.trace import Stage


class DenseRetriever(InquiryRetriever):
    """The ``k`` passages of highest cosine similarity to the query; the score is that cosine."""

    view: View
    embeddings: Embeddings
    k: int = 10

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """See ``Retriever``."""
        vector = np.asarray(self.embeddings.embed_query(inquiry.query), dtype=np.float32)
        with self.view.snapshot() as snapshot:
            return dense_ranking(snapshot, vector, k if k is not None else self.k, inquiry.filter)


class LexicalRetriever(InquiryRetriever):
    """The ``k`` passages of highest BM25 score over segmented words; the score is BM25's."""

    view: View
    k: int = 10

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """See ``Retriever``."""
        with self.view.snapshot() as snapshot:
            return lexical_ranking(snapshot, inquiry.query, k if k is not None else self.k, inquiry.filter)


def dense_ranking(snapshot: Snapshot, vector: Vector, k: int, filter: Filter | None = None) -> list[Document]:
    """The ``k`` passages of highest cosine similarity to the vector, best first, with it as their score."""
    return _scored(snapshot, snapshot.search_dense(vector, k, filter))


def lexical_ranking(snapshot: Snapshot, query: str, k: int, filter: Filter | None = None) -> list[Document]:
    """The ``k`` passages of highest BM25 score for the query, best first, with it as their score."""
    return _scored(snapshot, snapshot.search_lexical(query, k, filter))


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[Document]], *, constant: float = 60.0
) -> list[Document]:
    """Fuse rankings of passages by the sum of 1 / (constant + rank), ranks starting at 1.

    Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
    Learning Methods", SIGIR 2009. Equal scores keep the order of first appearance. Passages come back as
    copies whose score is the fused one.
    """
    scores: dict[str, float] = {}
    passages: dict[str, Document] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, start=1):
            key = str(passage.id)
            passages.setdefault(key, passage)
            scores[key] = scores.get(key, 0.0) + 1.0 / (constant + rank)
    ordered = sorted(scores, key=lambda key: -scores[key])
    return [with_score(passages[key], scores[key]) for key in ordered]


def scores_of(passages: Sequence[Document], ranking: Sequence[Document]) -> list[float | None]:
    """The score of each passage in a ranking; None where that lacks it."""
    scores = {each.id: each.metadata.get("score") for each in ranking}
    return [scores.get(each.id) for each in passages]


def _scored(snapshot: Snapshot, hits: Sequence[tuple[str, float]]) -> list[Document]:
    scores = dict(hits)
    passages = snapshot.passages([passage_id for passage_id, _ in hits])
    return [with_score(passage, scores[str(passage.id)]) for passage in passages]
