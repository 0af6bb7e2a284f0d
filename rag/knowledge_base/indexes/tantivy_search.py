"""Searching an index of tantivy's: BM25 over terms, and over groups of translations.

In the latter each group counts as one word. Its inverse document frequency is that of all passages with any
of its translations (at most the sum of each one's), its term frequency part the greatest among them; a
translation of several words needs all of them. This is Pirkola's structured query with a maximum in place of
the sum of frequencies.
"""

from collections.abc import Sequence
from math import log
from typing import Any

import numpy as np
import tantivy

from rag.knowledge_base.index import Hit, Keys, Terms
from rag.text.translation import TermGroup

_FEW_KEYS = 1000  # up to which a query for each is quicker than one for their set: 0.2 ms of 0.7 at 100
_MOST_TERMS = 512  # of a query; a longer one is no question
_MOST_TRANSLATIONS = 40  # of a group, the foremost that occur
_MOST_GROUPS = 64  # of a question


class TantivySearcher:
    """The index as it stood when it was opened, and what of it can be used when it is next opened."""

    def __init__(self, index: tantivy.Index, folder: str = "", checked: frozenset[str] = frozenset()) -> None:
        self.handle = index
        self.folder = folder
        self.checked = checked  # names of files whose checksums were right
        self._schema = index.schema
        self._searcher = index.searcher()

    def search(self, query: Terms, k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` passages of highest BM25 score that have any of the terms; equal scores by key.

        ``among``: only passages with one of these keys, whose scores are the same as without.
        """
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "terms", term, "freq"))
            for term in query[:_MOST_TERMS]
        ]
        if not clauses or k < 1:
            return []
        return self._best(tantivy.Query.boolean_query(clauses), k, among)

    def search_groups(self, groups: Sequence[TermGroup], k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` passages of highest score by groups of translations (see ``group_query``) likewise."""
        query = group_query(self._searcher, self._schema, groups)
        return self._best(query, k, among) if query is not None and k > 0 else []

    def _best(self, query: tantivy.Query, k: int, among: Keys | None) -> list[Hit]:
        if among is not None:
            allowed = tantivy.Query.const_score_query(self._keys_query(among.tolist()), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, allowed)])
        found = self._searcher.search(query, k, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in found])
        hits = [Hit(int(key or 0), score) for key, (score, _) in zip(keys, found, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))

    def _keys_query(self, keys: Sequence[int]) -> tantivy.Query:
        if len(keys) > _FEW_KEYS:
            return tantivy.Query.term_set_query(self._schema, "key", keys)
        each = [tantivy.Query.term_query(self._schema, "key", key, "basic") for key in keys]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in each])

    def keys(self) -> Keys:
        """The keys of all passages it holds, with repetitions if it holds one twice: shape (rows,)."""
        rows = self._searcher.num_docs
        if rows == 0:
            return np.empty(0, dtype=np.int64)
        found = self._searcher.search(tantivy.Query.all_query(), rows, count=False).hits
        values = self._searcher.fast_field_values("key", [address for _, address in found])
        return np.array([int(key or 0) for key in values], dtype=np.int64)


def group_query(
    searcher: tantivy.Searcher, schema: tantivy.Schema, groups: Sequence[TermGroup]
) -> tantivy.Query | None:
    """The groups as a query on the field ``terms``; None if nothing of them occurs in the index."""
    clauses = []
    for group in groups[:_MOST_GROUPS]:
        frequencies = (
            [(term, searcher.doc_freq("terms", term)) for term in each] for each in group.translations
        )
        occurring = [each for each in frequencies if min(count for _, count in each) > 0]
        if not occurring:
            continue
        total = searcher.num_docs
        union = min(total, sum(min(count for _, count in each) for each in occurring))
        weight = group.weight * _rarity(union, total)
        alternatives = [
            _all_of(schema, [(term, weight / _rarity(count, total) / len(each)) for term, count in each])
            for each in occurring[:_MOST_TRANSLATIONS]
        ]
        clauses.append((tantivy.Occur.Should, tantivy.Query.disjunction_max_query(alternatives)))
    return tantivy.Query.boolean_query(clauses) if clauses else None


def _all_of(schema: tantivy.Schema, weighted: list[tuple[str, float]]) -> tantivy.Query:
    parts: list[Any] = [
        tantivy.Query.boost_query(tantivy.Query.term_query(schema, "terms", term, "freq"), weight)
        for term, weight in weighted
    ]
    return (
        parts[0]
        if len(parts) == 1
        else tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
    )


def _rarity(count: int, total: int) -> float:
    """BM25's inverse document frequency; ``count`` may be greater, as it has the dead in it."""
    return log(1 + (max(0, total - count) + 0.5) / (count + 0.5))
