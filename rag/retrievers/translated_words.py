"""Searching by a question's words in the other language, and which language that is."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from threading import Lock

from rag.filter import Filter
from rag.knowledge_base import Snapshot
from rag.text.analysis import Analyzer
from rag.text.language import CHINESE, OTHERS, language_of
from rag.text.translation import Dictionary, TermGroup, open_dictionary, translate_terms

_opening = Lock()


def question_groups(question: str, analyzer: Analyzer) -> list[TermGroup]:
    """The question's words with their translations; none where there is no dictionary (a warning said so)."""
    with _opening:
        dictionary = _dictionary()
    return translate_terms(question, analyzer, dictionary) if dictionary is not None else []


def prepare_dictionary() -> None:
    """Make the dictionary now, where it isn't made yet, rather than at the first question (some seconds)."""
    question_groups("", Analyzer())


@cache
def _dictionary() -> Dictionary | None:
    return open_dictionary(Analyzer())


def search_translated(
    snapshot: Snapshot, question: str, translations: Sequence[TermGroup], k: int, filter: Filter | None = None
) -> list[tuple[str, float]]:
    """The ids of the ``k`` passages in the other language that have the question's words in translation.

    Best first, each with its score (``Snapshot.search_groups``). ``translations`` are ``question_groups`` of
    it, ``filter`` is what else must hold of the passages.
    """
    wanted = in_other_language(question, filter)
    return snapshot.search_groups(translations, k, wanted) if wanted is not None else []


def in_other_language(question: str, filter: Filter | None) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing.

    The other language is any but Chinese for a question in Chinese, and Chinese for others.
    """
    filter = filter or Filter()
    others = OTHERS if language_of(question) == "zh" else CHINESE
    allowed = tuple(each for each in others if not filter.lang or each in filter.lang)
    return replace(filter, lang=allowed) if allowed else None
