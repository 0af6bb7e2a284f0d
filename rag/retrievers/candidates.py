"""The candidates for a question's evidence, each with all of its scores."""

from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.filter import Filter
from rag.text.analysis import Analyzer
from rag.text.language import CHINESE, OTHERS, language_of
from rag.text.translation import Dictionary, TermGroup, open_dictionary, translate_terms

Scores = NDArray[np.float64]  # (candidates,)
SEARCHES = ("dense", "lexical", "corrected", "translated")  # what each has scores of
_opening = Lock()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages in either language with what every search says of them, whichever found them.

    ``foreign``: in another language than the question's. ``dense`` is the cosine's distance from its mean
    over passages in the question's language, in standard deviations; ``lexical`` BM25's score; ``corrected``
    as ``dense``, but of vectors without what they say of language and among passages in other languages;
    ``translated`` BM25's score for the question's words in translation. The last two are 0 for passages in
    the question's language. ``terms``: how many words of the question count.
    """

    passages: tuple[Document, ...]
    foreign: NDArray[np.bool_]
    dense: Scores
    lexical: Scores
    corrected: Scores
    translated: Scores
    terms: int


def question_groups(question: str, analyzer: Analyzer) -> list[TermGroup]:
    """The question's words with their translations; none where there is no dictionary (a warning said so).

    The first call of all makes the dictionary, which takes some seconds.
    """
    with _opening:
        dictionary = _dictionary()
    return translate_terms(question, analyzer, dictionary) if dictionary is not None else []


@cache
def _dictionary() -> Dictionary | None:
    return open_dictionary(Analyzer())


def in_other_language(question: str, filter: Filter | None = None) -> Filter | None:
    """A filter that passes what this one does in the other language; None if that is nothing.

    The other language is any but Chinese for a question in Chinese, and Chinese for others.
    """
    filter = filter or Filter()
    others = OTHERS if language_of(question) == "zh" else CHINESE
    allowed = tuple(each for each in others if not filter.lang or each in filter.lang)
    return replace(filter, lang=allowed) if allowed else None
