"""One ranking out of several, by reciprocal ranks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.filter import Filter
from rag.passage import with_score
from rag.retrievers.filtering import FilteringRetriever, retrieve
from rag.retrievers.repetition import distinct_passages
from rag.retrievers.search_trace import report_stage


class FusionRetriever(FilteringRetriever):
    """Asks every retriever and returns the ``k`` passages of highest reciprocal-rank score.

    Of passages that are nearly the same (copies of a document, say) only the best is returned.
    All are asked within ``during()``: ``KnowledgeBase.pinned`` has them answer from one generation.
    The filter is passed on to them; documents whose source is ``left_out`` take no part.
    """

    retrievers: list[BaseRetriever]
    k: int = 10
    constant: float = 60.0
    left_out: frozenset[str] = frozenset()
    during: Callable[[], AbstractContextManager[object]] = nullcontext

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        with self.during():
            found = [
                retrieve(retriever, query, filter or self.filter, {"callbacks": run_manager.get_child()})
                for retriever in self.retrievers
            ]
        rankings = [
            [each for each in ranking if each.metadata.get("source") not in self.left_out]
            for ranking in found
        ]
        fused = reciprocal_rank_fusion(rankings, constant=self.constant)
        columns = _scores_of(fused, self.retrievers, rankings)
        report_stage(run_manager, "candidates", query, fused, columns)
        return distinct_passages(fused, self.k)


def _scores_of(
    fused: Sequence[Document], retrievers: Sequence[BaseRetriever], rankings: Sequence[Sequence[Document]]
) -> dict[str, list[float | None]]:
    """Each retriever's own score of each passage; None where it didn't find it or gives none."""
    columns = {}
    for number, (retriever, ranking) in enumerate(zip(retrievers, rankings, strict=True), start=1):
        scores = {each.id: each.metadata.get("score") for each in ranking}
        columns[f"{number} {retriever.get_name()}"] = [scores.get(each.id) for each in fused]
    return columns


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
