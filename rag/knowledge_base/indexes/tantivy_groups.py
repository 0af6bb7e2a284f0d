"""BM25 over groups of translations: each group counts as one word.

Its inverse document frequency is that of all passages with any of its translations (at most the sum of each
one's), its term frequency part the greatest among them; a translation of several words needs all of them.
This is Pirkola's structured query with a maximum in place of the sum of frequencies.
"""

from collections.abc import Sequence
from math import log
from typing import Any

import tantivy

from rag.text.translation import TermGroup

_MOST_TRANSLATIONS = 40  # of a group, the foremost that occur
_MOST_GROUPS = 64  # of a question


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
