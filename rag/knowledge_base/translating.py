"""A question's words in the other language, and which language that is."""

from dataclasses import replace
from functools import cache
from threading import Lock

from rag.filter import Filter
from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.translation import Dictionary, TermGroup, open_dictionary, translate_terms

CHINESE, OTHERS = ("zh",), ("en", "ja", "ko")  # languages of passages, as questions find them

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


def in_other_language(question: str, filter: Filter | None) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing."""
    filter = filter or Filter()
    others = OTHERS if language_of(question) == "zh" else CHINESE
    allowed = tuple(each for each in others if not filter.lang or each in filter.lang)
    return replace(filter, lang=allowed) if allowed else None
