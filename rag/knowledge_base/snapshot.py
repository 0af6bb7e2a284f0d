"""One published generation, seen as a whole: what it holds, and searches for it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from math import ceil

import numpy as np
from numpy.typing import NDArray

from rag.filter import Filter
from rag.knowledge_base.catalogue.filter_sql import condition_of
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.contents import Contents, Memory
from rag.knowledge_base.index import DenseSearcher, Hit, Keys, LexicalSearcher
from rag.knowledge_base.loading import Loaded
from rag.text.analysis import Analyzer
from rag.text.translation import TermGroup

_WIDEST = 2_000  # hits; looking through more costs more than listing the passages that pass a filter


class Snapshot(Contents):
    """``Contents`` that can be searched. An id that comes out of a search is that of a passage in view.

    BM25 counts words in all that the index holds, so its scores depend on what isn't in view; what is found,
    and every text, name and number of it, doesn't.
    """

    def __init__(
        self,
        reader: Reader,
        dense: Loaded[DenseSearcher, int],
        lexical: Loaded[LexicalSearcher, Analyzer],
        memory: Memory | None = None,
    ) -> None:
        super().__init__(reader, memory)
        self._dense = dense.searcher
        self._lexical = lexical.searcher
        self._index_analyzer = lexical.maker

    def search_dense(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of greatest cosine similarity to the vector, with it, best first.

        Args:
            vector: the query's, float32, shape (dimension,).
            k: how many; fewer only where fewer pass.
            filter: what must hold of them.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension than the knowledge base's.
        """
        query = self._unit(vector)
        return self._living(lambda fetch, among: self._dense.search(query, fetch, among), k, filter)

    def search_lexical(self, query: str, k: int, filter: Filter | None = None) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of highest BM25 score for the query's terms, with it, best first.

        ``filter`` is what must hold of them.
        """
        terms = self._query_analyzer.query_terms(query)
        return self._living(lambda fetch, among: self._lexical.search(terms, fetch, among), k, filter)

    def score_lexical(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """The BM25 score of each of these passages for the query, as ``search_lexical`` gives it.

        0 where a passage has none of the query's terms; a passage that isn't published has no score.
        """
        terms = self._query_analyzer.query_terms(query)
        return self._scores(lambda among: self._lexical.search(terms, len(among), among), ids)

    def search_groups(
        self, groups: Sequence[TermGroup], k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of highest BM25 score for groups of terms, with it, best first.

        Each group counts as one word, so its terms should mean the same, such as a word's translations.
        ``filter`` is what must hold of them.
        """
        if not groups:
            return []
        # Most passages with a language's words are in it: such a filter needs no list of what passes.
        listed = filter is not None and not replace(filter, lang=()).is_empty
        return self._living(
            lambda fetch, among: self._lexical.search_groups(groups, fetch, among), k, filter, listed=listed
        )

    def score_groups(self, groups: Sequence[TermGroup], ids: Sequence[str]) -> dict[str, float]:
        """The score of each of these passages for the groups, as ``search_groups`` gives it.

        0 where a passage has none of the terms; a passage that isn't published has no score.
        """
        return self._scores(lambda among: self._lexical.search_groups(groups, len(among), among), ids)

    @cached_property
    def _query_analyzer(self) -> Analyzer:
        """Cuts queries as the index's text was cut, and expands them by those synonyms that may be seen."""
        if self._reader.sees_all:
            return self._index_analyzer
        return Analyzer(self._index_analyzer.glossary, synonyms=self.glossary)

    def _living(
        self,
        search: Callable[[int, Keys | None], list[Hit]],
        k: int,
        filter: Filter | None,
        *,
        listed: bool = True,
    ) -> list[tuple[str, float]]:
        """The best ``k`` hits that may be seen: an index may hold passages that are dead, not published yet,
        or out of view.

        A filter that many passages pass is left to a look, or a wider one, at the best hits of all. Where
        that doesn't do, the passages that pass are listed and only they are searched: exact, however few
        they are. Unless ``listed``, for a filter that most hits pass, more of them are looked at instead.
        """
        if k < 1:
            return []
        if not self._reader.sees_all:
            listed = True  # what isn't in view may be most of what there is
        elif filter is None or filter.is_empty:
            listed = False
        fetch = k + min(k, 32)
        wide = False
        among: Keys | None = None
        while True:
            hits = search(fetch, among)
            living = self._living_ids([hit.key for hit in hits], filter)
            found = [(living[hit.key], hit.score) for hit in hits if hit.key in living]
            if len(found) >= k or len(hits) < fetch:
                return found[:k]
            if not listed or among is not None:
                fetch *= 4
            elif not wide and 1.5 * k * len(hits) <= _WIDEST * len(found):
                fetch, wide = ceil(1.5 * k * len(hits) / len(found)), True
            else:
                among = self._passing_keys(filter or Filter())

    def _living_ids(self, keys: list[int], filter: Filter | None) -> dict[int, str]:
        """The ids of those of the passages that may be seen and pass the filter, by key."""
        sql = "SELECT p.key, p.passage_id FROM json_each(:keys) k CROSS JOIN passages p ON p.key = k.value"
        passing, values = condition_of(filter)
        if passing:
            sql += f" JOIN documents d ON d.key = p.document WHERE TRUE{passing}"
        return dict(self._reader.fetch(sql, {"keys": json.dumps(keys), **values}))

    def _scores(self, search: Callable[[Keys], list[Hit]], ids: Sequence[str]) -> dict[str, float]:
        """The score of each of these passages that may be seen; 0 of one that the search doesn't find."""
        sql = "SELECT passage_id, key FROM passages WHERE passage_id IN (SELECT value FROM json_each(:ids))"
        keys: dict[str, int] = dict(self._reader.fetch(sql, {"ids": json.dumps(list(ids))}))
        among = np.sort(np.fromiter(keys.values(), dtype=np.int64, count=len(keys)))
        scores = {hit.key: hit.score for hit in search(among)}
        return {each: scores.get(keys[each], 0.0) for each in ids if each in keys}
