"""The best candidates put in a better order by a model that reads them, within a given time."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.documents import Document

from rag.answer import Stage
from rag.models.reranker import Reranker
from rag.passage import embedding_text, metadata_of, with_score
from rag.retrievers.retriever import note_stage
from rag.text.language import approximate_tokens, language_of

_AT_ONCE = 0.6  # of the time left, what is spent before looking at the clock
_UNTIMED = 2  # candidates read when the pace isn't known yet
_OF_EACH_LANGUAGE = 2  # are read before the others: between languages, retrieval's scores say least


@dataclass(frozen=True, slots=True)
class Reranking:
    """Puts found passages in the order of the search's scores and a reranker's together.

    Of the first ``candidates`` as many are read as the time of ``budget_ms`` allows, by the pace seen before
    (``clock`` is in seconds). A passage's score is the search's, and ``reranker.weight`` times how much more
    the reranker gives it than the median of those it read: a passage that wasn't read is worth what it was.
    """

    reranker: Reranker
    candidates: int = 30
    budget_ms: float = 100.0
    clock: Callable[[], float] = time.perf_counter

    def order(
        self, query: str, found: Sequence[Document], stages: list[Stage] | None = None
    ) -> list[Document]:
        """The passages found for a query, best first; as they were where fewer than two could be read."""
        read = self._read(query, found[: self.candidates])
        if len(read) < 2:  # one alone is neither better nor worse than expected
            return list(found)
        expected = float(np.median(list(read.values())))
        scores = np.array([float(each.metadata["score"]) for each in found])
        for row, score in read.items():
            scores[row] += self.reranker.weight * (score - expected)
        order = np.argsort(-scores, kind="stable")
        ranked = [with_score(found[row], float(scores[row])) for row in order]
        note_stage(stages, "reranked", query, ranked, {"read": [read.get(int(row)) for row in order]})
        return ranked

    def _read(self, query: str, passages: Sequence[Document]) -> Mapping[int, float]:
        """The reranker's scores of the rows that there was time for."""
        if not self._reads(language_of(query)):
            return {}
        texts = [embedding_text(metadata_of(each)["context"], each.page_content) for each in passages]
        costs = [self._cost(query, text) for text in texts]
        waiting = [row for row in reading_order(passages) if self._reads(metadata_of(passages[row])["lang"])]
        if len(waiting) < 2:
            return {}
        self.reranker.load()
        started = self.clock()
        scores: dict[int, float] = {}
        while waiting:
            rows = self._affordable(waiting, costs, (self.clock() - started) * 1000)
            if not rows:
                break
            before = self.clock()
            found = self.reranker.score(query, [texts[row] for row in rows])
            self.reranker.pace.measured(sum(costs[row] for row in rows), (self.clock() - before) * 1000)
            scores.update(zip(rows, map(float, found), strict=True))
            waiting = waiting[len(rows) :]
        if not scores:
            self.reranker.pace.missed()
        return scores

    def _reads(self, language: str) -> bool:
        return self.reranker.languages is None or language in self.reranker.languages

    def _cost(self, query: str, text: str) -> int:
        """About how many tokens are read of the pair."""
        of_query = min(approximate_tokens(query), self.reranker.query_tokens)
        return of_query + min(approximate_tokens(text), self.reranker.passage_tokens) + 4

    def _affordable(self, waiting: Sequence[int], costs: Sequence[int], spent_ms: float) -> Sequence[int]:
        """The first of the waiting rows, as many as are to be read next in what is left of the time.

        Not all that fit at once: where the machine is slower than it was, that shows before the time is up.
        """
        pace, left = self.reranker.pace.tokens_per_ms, self.budget_ms - spent_ms
        if pace is None:
            return waiting[:_UNTIMED] if left > 0 else []
        needed = np.cumsum([costs[row] for row in waiting])
        fitting = [int(np.searchsorted(needed, part * left * pace, side="right")) for part in (_AT_ONCE, 1)]
        return waiting[: fitting[0] or fitting[1]]


def reading_order(passages: Sequence[Document]) -> list[int]:
    """The passages' places in the order in which they are to be read: the best of each language first."""
    seen: dict[str, int] = {}
    first: list[int] = []
    later: list[int] = []
    for row, passage in enumerate(passages):
        language = metadata_of(passage)["lang"]
        seen[language] = seen.get(language, 0) + 1
        (first if seen[language] <= _OF_EACH_LANGUAGE else later).append(row)
    return first + later
