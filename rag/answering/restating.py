"""Drafts that say the question again and answer nothing ("They left by 1700", asked how many left).

A small model that begins a sentence with the question's words at times ends it without what was asked for.
Where there is no second reader it is asked once more then, for that alone; its passages are read already, so
that costs a second or so.
"""

import re
from collections.abc import Generator

from rag.answer import Answer
from rag.answering.agreement import TermAnalyzer, asks_yes_or_no
from rag.answering.drafting import Draft, Redrafting
from rag.answering.prompt import is_decline
from rag.text.facts import numbers_of
from rag.text.words import fold

_MARK = re.compile(r"\[\d+\]")
_MOST = 0.75  # of the question's words, said again; one of two things that it names is an answer
# Questions that name what may be answered.
_EITHER = re.compile(r"还是|還是|或者?|\bor\b|\bwhether\b", re.IGNORECASE)


def names_answers(question: str) -> bool:
    """Whether a question names what may be answered: yes or no, this or that."""
    return _EITHER.search(question) is not None or asks_yes_or_no(question)


def only_restates(text: str, question: str, analyzer: TermAnalyzer) -> bool:
    """Whether a draft says much of the question again and nothing besides: no word, no number of its own."""
    if names_answers(question) or is_decline(text):
        return False
    bare = _MARK.sub(" ", text)
    said, asked = set(analyzer.content_terms(bare)), set(analyzer.content_terms(question))
    if not said or not said <= asked or len(said) < _MOST * len(asked):
        return False
    return numbers_of(fold(bare)) <= numbers_of(fold(question))


def answered(draft: Draft, redrafting: Redrafting, analyzer: TermAnalyzer) -> Generator[Answer, None, Draft]:
    """The draft, written once more where it only restates the question; yields the answer as it grows.

    Returns what was drafted before where what is written now is no better.

    Raises:
        GenerationError: the generator failed.
    """
    question = redrafting.answer.question
    if not only_restates(draft.text, question, analyzer):
        return draft
    plainly = redrafting.wording.plainly.format(question=question)
    again = yield from redrafting.write(draft, plainly, redrafting.evidence)
    if not again.text.strip() or is_decline(again.text) or only_restates(again.text, question, analyzer):
        return draft
    return again
