"""What two questions that read alike may still differ in: numbers, codes, names, a negation, what is asked.

An embedder puts "the warranty of the P200" beside "the warranty of the P300", so such a difference is looked
for in the words themselves.
"""

import re

from rag.text.analysis import Analyzer
from rag.text.facts import asked_for, is_negated, names_of, numbers_of
from rag.text.words import fold


def difference(one: str, other: str, analyzer: Analyzer) -> str | None:
    """The first thing that two questions surely differ in; None if nothing of the kind is found.

    Args:
        one: a question.
        other: another, in either language.
        analyzer: knows the glossary: a synonym is no other name.
    """
    first, second = fold(one), fold(other)
    if numbers_of(first) != numbers_of(second):
        return "a number"
    if is_negated(first) != is_negated(second):
        return "a negation"
    kinds = {asked_for(first), asked_for(second)}
    if len(kinds - {None}) > 1:
        return "what is asked for"
    # The company's own words: each question is about a thing that the other isn't about.
    mine, theirs = _groups(one, analyzer), _groups(other, analyzer)
    if mine - theirs and theirs - mine:
        return "a name or a code"
    if missing_names(one, other, analyzer) or missing_names(other, one, analyzer):
        return "a name or a code"
    return None


def missing_names(text: str, other: str, analyzer: Analyzer) -> set[str]:
    """The names of a text, folded, that another text doesn't have under any name."""
    names = names_of(text)
    terms = set(analyzer.terms(other)) | set(analyzer.query_terms(other))
    squeezed = _squeeze(fold(other))
    return {
        each
        for each in names
        if _squeeze(each) not in squeezed and not set(analyzer.content_terms(each)) <= terms
    }


def _groups(text: str, analyzer: Analyzer) -> set[int]:
    """The glossary's groups of which the text has a word."""
    folded = fold(text)
    groups = enumerate(analyzer.glossary.groups)
    return {number for number, group in groups if any(_has(folded, fold(word)) for word in group)}


def _has(folded: str, word: str) -> bool:
    if not word.isascii():
        return word in folded
    return re.search(rf"(?<![a-z\d]){re.escape(word)}(?![a-z\d])", folded) is not None


def _squeeze(folded: str) -> str:
    return "".join(each for each in folded if each.isalnum())
