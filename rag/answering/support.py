"""How far a passage supports a sentence, and which of the passage's words say so.

Deterministic and cheap: shared words, with numbers, names and negations held to stricter rules
(``agreement``), since a wrong number is what hurts most. It sees no paraphrase; entailment by a model can
take its place behind the same function.
"""

from dataclasses import dataclass

from rag.answering.agreement import Disagreement, TermAnalyzer, disagreement
from rag.text.facts import numbers_of
from rag.text.sentences import Span, split_sentences
from rag.text.words import fold

_DISAGREEING_CAP = 0.2  # a sentence with a number, a name or a "no" that its evidence hasn't is not supported
_ECHO_WEIGHT = 0.25
_QUOTE_SENTENCES = 2


@dataclass(frozen=True, slots=True)
class Support:
    """``share`` (0 to 1) of a sentence's terms that the text has; ``quote`` is the span that says it;
    ``disagreement`` is what the text can't bear out."""

    share: float
    quote: Span
    disagreement: Disagreement | None = None


def measure_support(
    sentence: str,
    text: str,
    question: str,
    *,
    analyzer: TermAnalyzer,
    context: str = "",
    crossing: bool = False,
) -> Support:
    """Measure how far ``text`` supports ``sentence``, an answer to ``question``.

    Terms that only repeat the question count a quarter: that a passage mentions the question's subject
    doesn't support what the answer says of it. Of spans that have as much of the sentence, the quote is the
    one that has more of the question: a short answer stands in many places. ``context`` is what the text
    stands under: a title, a table's header. Where the text is in another language (``crossing``) only numbers
    can be held against it.
    """
    asked = set(analyzer.content_terms(question))
    wanted = {term: _ECHO_WEIGHT if term in asked else 1.0 for term in analyzer.content_terms(sentence)}
    spans = split_sentences(text, rows=True) or [Span(0, len(text))]
    found = [set(analyzer.content_terms(text[start:end])) for start, end in spans]
    share = _coverage(wanted, set().union(*found))
    numbers = numbers_of(fold(sentence)) - numbers_of(fold(question))
    if crossing:
        wrong: Disagreement | None = None if numbers <= numbers_of(fold(f"{context}\n{text}")) else "number"
    else:
        wrong = disagreement(sentence, text, question, analyzer=analyzer, context=context)
    if wrong is not None:
        share = min(share, _DISAGREEING_CAP)
    # What has the sentence's numbers says it, whatever else has its words (a table's header, say).
    held = [len(numbers & numbers_of(fold(text[start:end]))) for start, end in spans]
    best = max(
        range(len(spans)),
        key=lambda index: (held[index], _coverage(wanted, found[index]), len(asked & found[index]), -index),
    )
    first = last = best
    # A neighbouring sentence joins the quote when it adds what the best one lacks.
    for index in (best - 1, best + 1):
        if 0 <= index < len(spans) and last - first + 1 < _QUOTE_SENTENCES:
            gain = _coverage(wanted, found[index] | found[best]) - _coverage(wanted, found[best])
            if gain >= 0.25:
                first, last = min(first, index), max(last, index)
    return Support(round(share, 4), Span(spans[first].start, spans[last].end), wrong)


def _coverage(wanted: dict[str, float], found: set[str]) -> float:
    total = sum(wanted.values())
    if not total:
        return 0.0
    return sum(weight for term, weight in wanted.items() if term in found) / total
