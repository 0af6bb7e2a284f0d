"""How far a passage supports a sentence, and which of the passage's words say so.

Deterministic and cheap: shared words, with numbers and codes held to a stricter rule, since a wrong number is
what hurts most. It sees no paraphrase; entailment by a model can take its place behind the same function.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from rag.sentences import Span, split_sentences

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_NUMBER_MISSING_CAP = 0.2  # a sentence with a number that its evidence doesn't have is not supported
_ECHO_WEIGHT = 0.25
_QUOTE_SENTENCES = 2


class TermAnalyzer(Protocol):
    """Cuts text into index terms."""

    def content_terms(self, text: str) -> list[str]:
        """The terms that say what a text is about."""
        ...


@dataclass(frozen=True, slots=True)
class Support:
    """``share`` (0 to 1) of a sentence's terms that the text has; ``quote`` is the span that says it."""

    share: float
    quote: Span


def measure_support(sentence: str, text: str, question: str, *, analyzer: TermAnalyzer) -> Support:
    """Measure how far ``text`` supports ``sentence``, an answer to ``question``.

    Terms that only repeat the question count a quarter: that a passage mentions the question's subject
    doesn't support what the answer says of it.
    """
    asked = set(analyzer.content_terms(question))
    wanted = {term: _ECHO_WEIGHT if term in asked else 1.0 for term in analyzer.content_terms(sentence)}
    spans = split_sentences(text) or [Span(0, len(text))]
    found = [set(analyzer.content_terms(text[start:end])) for start, end in spans]
    share = _coverage(wanted, set().union(*found))
    numbers = set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(question))
    if not numbers <= set(_NUMBER.findall(text)):
        share = min(share, _NUMBER_MISSING_CAP)
    # What has the sentence's numbers says it, whatever else has its words (a table's header, say).
    held = [len(numbers & set(_NUMBER.findall(text[start:end]))) for start, end in spans]
    best = max(range(len(spans)), key=lambda index: (held[index], _coverage(wanted, found[index]), -index))
    first = last = best
    # A neighbouring sentence joins the quote when it adds what the best one lacks.
    for index in (best - 1, best + 1):
        if 0 <= index < len(spans) and last - first + 1 < _QUOTE_SENTENCES:
            gain = _coverage(wanted, found[index] | found[best]) - _coverage(wanted, found[best])
            if gain >= 0.25:
                first, last = min(first, index), max(last, index)
    return Support(round(share, 4), Span(spans[first].start, spans[last].end))


def _coverage(wanted: dict[str, float], found: set[str]) -> float:
    total = sum(wanted.values())
    if not total:
        return 0.0
    return sum(weight for term, weight in wanted.items() if term in found) / total
