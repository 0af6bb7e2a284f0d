"""How far a passage supports a sentence, which of its words say so, and what it can't bear out.

Deterministic and cheap: shared words, with numbers, names and negations held to stricter rules, since a wrong
number is what hurts most. It sees no paraphrase; entailment by a model can take its place behind the same
function.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.facts import is_negated, names_of, numbers_of
from rag.text.sentences import Span, split_sentences
from rag.text.words import fold

Disagreement = Literal["number", "name", "negation", "words"]

_DISAGREEING_CAP = 0.2  # a sentence that says what its evidence can't bear out is not supported
_ECHO_WEIGHT = 0.25
_QUOTE_SENTENCES = 2
_CONNECTORS = re.compile(r"[\s\-_./]")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿\d.,%:/-]+[\u4e00-\u9fff]?|[a-z]?\d[\w.]*")
_QUOTED = re.compile(r"《([^《》]{2,40})》|「([^「」]{2,40})」")
# What may be said again with a "not", beside negations themselves.
_LIKE_NOT = re.compile(
    r"[沒仅只除禁]|免(?!费)|\b(?:only|except|unless|instead|neither|nor|none|nothing|nobody|too|free|impossible)\b"
    r"|\b(?:un|dis|exclud|forbid|prohibit|lack|fail|refus|den[iy]|reject|absen|in(?:valid|eligible|capable))\w+"
)
_YES_OR_NO = re.compile(
    r"(?<!什)[吗嗎么嘛]\s*[?？]?\s*$|是否|能否|可否|可不可以|([\u4e00-\u9fff])[不没沒]\1|"
    r"^\s*(?:is|are|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have|had)"
    r"(?:n't)?\b|^(?:if|when|on|in|at|for|with)\b[^,?]*,\s*(?:is|are|do|does|can|may|must|should|will)\b",
    re.IGNORECASE,
)


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
    inquiry: Inquiry,
    *,
    analyzer: Analyzer,
    context: str = "",
    crossing: bool = False,
) -> Support:
    """Measure how far ``text`` supports ``sentence``, an answer to the question.

    Terms that only repeat the question count a quarter: that a passage mentions the question's subject
    doesn't support what the answer says of it. Of spans that have as much of the sentence, the quote is the
    one that has more of the question: a short answer stands in many places. ``context`` is what the text
    stands under: a title, a table's header. Where the text is in another language (``crossing``) only numbers
    can be held against it.
    """
    asked = set(analyzer.content_terms(inquiry.text))
    wanted = {term: _ECHO_WEIGHT if term in asked else 1.0 for term in analyzer.content_terms(sentence)}
    spans = split_sentences(text, rows=True) or [Span(0, len(text))]
    found = [set(analyzer.content_terms(text[start:end])) for start, end in spans]
    share = coverage(wanted, set().union(*found))
    numbers = numbers_of(fold(sentence)) - inquiry.numbers
    if crossing:
        wrong: Disagreement | None = None if numbers <= numbers_of(fold(f"{context}\n{text}")) else "number"
    else:
        wrong = disagreement(sentence, text, inquiry, analyzer=analyzer, context=context)
    if wrong is not None:
        share = min(share, _DISAGREEING_CAP)
    # What has the sentence's numbers says it, whatever else has its words (a table's header, say).
    held = [len(numbers & numbers_of(fold(text[start:end]))) for start, end in spans]
    best = max(
        range(len(spans)),
        key=lambda index: (held[index], coverage(wanted, found[index]), len(asked & found[index]), -index),
    )
    first = last = best
    # A neighbouring sentence joins the quote when it adds what the best one lacks.
    for index in (best - 1, best + 1):
        if 0 <= index < len(spans) and last - first + 1 < _QUOTE_SENTENCES:
            gain = coverage(wanted, found[index] | found[best]) - coverage(wanted, found[best])
            if gain >= 0.25:
                first, last = min(first, index), max(last, index)
    return Support(round(share, 4), Span(spans[first].start, spans[last].end), wrong)


def disagreement(
    sentence: str, text: str, inquiry: Inquiry, *, analyzer: Analyzer, context: str = ""
) -> Disagreement | None:
    """What the sentence says that the text, in the same language, can't bear out; None if nothing is found.

    Each rule names one plain mistake: a number or a name that the text doesn't have, a sentence none of whose
    own words it has, and a "no" where it has none. What the question says itself, or the ``context`` in which
    the text stands, needs no other evidence.
    """
    whole = f"{context}\n{text}"
    given = fold(f"{inquiry.text}\n{whole}")
    numbers = numbers_of(fold(sentence))
    if not numbers <= numbers_of(given):
        return "number"
    if _lacks(given, names_of(sentence) | _titles_of(sentence)):
        return "name"
    new = _new_terms(sentence, inquiry.text, analyzer)
    told = numbers - inquiry.numbers or asks_yes_or_no(inquiry.text)  # otherwise than by words
    if new and not told and new.isdisjoint(analyzer.content_terms(whole)):
        return "words"
    if is_negated(fold(sentence)) and not (is_negated(given) or _LIKE_NOT.search(given)):
        return "negation"
    return None


def asks_yes_or_no(question: str) -> bool:
    """Whether a question is answered by a yes or a no."""
    return _YES_OR_NO.search(question) is not None


def coverage(weights: Mapping[str, float], found: Set[str]) -> float:
    """The share of the weight, 0 to 1, of the terms that were found."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in found) / total if total else 0.0


def rarity(terms: Iterable[str], texts: Sequence[Set[str]]) -> dict[str, float]:
    """How much each term says, by how many of the texts (each given by its terms) don't have it."""
    frequency = Counter(term for each in texts for term in each)
    return {term: math.log(1 + (len(texts) + 1) / (frequency[term] + 0.5)) for term in terms}


def _titles_of(sentence: str) -> frozenset[str]:
    return frozenset(fold(first or second) for first, second in _QUOTED.findall(sentence))


def _lacks(folded: str, names: Set[str]) -> bool:
    bare = _CONNECTORS.sub("", folded)
    stems = (each.removesuffix("s") if each.isalpha() else each for each in names)  # Normans, of a Norman
    return any(each not in folded and _CONNECTORS.sub("", each) not in bare for each in stems)


def _new_terms(sentence: str, question: str, analyzer: Analyzer) -> set[str]:
    """The words that the sentence adds to the question; numerals may be written in many ways."""
    terms = set(analyzer.content_terms(sentence)) - set(analyzer.content_terms(question))
    return {each for each in terms if not _NUMERAL.fullmatch(each) and not is_negated(each)}
