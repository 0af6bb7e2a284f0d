"""Which sentences of the passages answer a question, by the question's words and its kind.

No model: the question's content words, weighted by how rare they are among the sentences at hand (inverse
document frequency, Spärck Jones 1972), the words that a sentence inherits from its heading and from the
sentence before it, and whether it has the kind of thing that is asked for (a number, a date).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.text.sentences import split_sentences

_FROM_HEADING = 0.8  # how much a word counts that stands only in the heading, or the FAQ's question, above
_FROM_BEFORE = 0.4  # only in the sentence before
_KIND_BONUS = 0.1
_RANK_BONUS = 0.02  # of the first passage; the second has half of it, and so on

_ASKS_NUMBER = re.compile(
    r"多少|几(?![乎何])|第几|多大|多长|多高|多远|多重|多久|百分之|价格|费用|"
    r"\bhow (?:many|much|old|long|far|large|big|high|tall|often)\b|"
    r"\bwhat (?:percentage|number|amount|price)\b",
    re.IGNORECASE,
)
_ASKS_TIME = re.compile(
    r"何时|什么时候|哪[一]?[年月天日]|几[点号月日年]|何年|多久|"
    r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|century)\b|\bhow long\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|[一二两三四五六七八九十百千万亿]+(?=[个名次人年月天日周元分种位座条件米米克吨岁%])|百分之|"
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|"
    r"thousand|million|billion|once|twice|half|dozen)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\d{4}|\d+\s*[年月日号点:：]|[一二三四五六七八九十]+[年月日点]|世纪|星期|周[一二三四五六日]|"
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|"
    r"tuesday|wednesday|thursday|friday|saturday|sunday|century|daily|weekly|monthly|annually|morning|noon|"
    r"evening|night)\b",
    re.IGNORECASE,
)
_ASKING_WORDS = re.compile(
    r"\bhow (?:many|much|old|long|far|large|big|high|tall|often)\b|多少|多久|何时|什么时候|何年",
    re.IGNORECASE,
)  # they say what kind of thing is asked for, and no answer repeats them
_QUESTION = re.compile(r"[?？][\"'”’」』）)]*$")
_TITLE = re.compile(r"^#{1,6}\s|[:：]$")
_ASKED_BEFORE = re.compile(r"^(?:Q|问)\s*[:：.．、]", re.IGNORECASE)


class TermAnalyzer(Protocol):
    """Cuts text into index terms (``rag.knowledge_base.Analyzer`` does)."""

    def terms(self, text: str) -> list[str]:
        """Every term of a text, in order."""
        ...

    def query_terms(self, text: str) -> list[str]:
        """The terms that a question asks for: without function words, with synonyms."""
        ...


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a passage. ``coverage``: the share (0 to 1) of the question's weight that it holds."""

    number: int  # of its passage, 1-based
    start: int  # code points into the passage
    text: str
    coverage: float
    score: float
    terms: frozenset[str]


def score_sentences(question: str, passages: Sequence[str], analyzer: TermAnalyzer) -> list[ScoredSentence]:
    """Every sentence of the passages that could be an answer, best first.

    Headings and questions are no answers, but lend their words to the sentences below them.
    """
    sentences = [
        (number, start, passage[start:end], frozenset(analyzer.terms(passage[start:end])))
        for number, passage in enumerate(passages, start=1)
        for start, end in split_sentences(passage)
    ]
    weights = _weights(question, [terms for *_, terms in sentences], analyzer)
    total = sum(weights.values())
    if not total:
        return []
    kinds = [has for asks, has in ((_ASKS_NUMBER, _NUMBER), (_ASKS_TIME, _TIME)) if asks.search(question)]
    asked = set(re.findall(r"\d+", question))
    scored = []
    heading: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    current = 0
    for number, start, text, terms in sentences:
        if number != current:
            current, heading, before = number, frozenset(), frozenset()
        if _lends_words(text):
            heading, before = terms, frozenset()
            continue
        held = 0.0
        for term, weight in weights.items():
            if term in terms:
                held += weight
            elif term in heading:
                held += weight * _FROM_HEADING
            elif term in before:
                held += weight * _FROM_BEFORE
        coverage = held / total
        score = coverage + _RANK_BONUS / number
        if kinds and any(kind.search(_without(text, asked)) for kind in kinds):
            score += _KIND_BONUS
        scored.append(ScoredSentence(number, start, text, round(coverage, 4), round(score, 4), terms))
        before = terms
    return sorted(scored, key=lambda sentence: (-sentence.score, sentence.number, sentence.start))


def _weights(question: str, sentences: Sequence[frozenset[str]], analyzer: TermAnalyzer) -> dict[str, float]:
    """How much each of the question's terms says; a synonym stands for its word, not beside it."""
    frequency = Counter(term for terms in sentences for term in terms)
    return {
        term: math.log(1 + (len(sentences) + 1) / (frequency[term] + 0.5))
        for term in analyzer.query_terms(_ASKING_WORDS.sub(" ", question))
    }


def _lends_words(text: str) -> bool:
    return bool(_QUESTION.search(text) or _TITLE.search(text) or _ASKED_BEFORE.match(text))


def _without(text: str, numbers: set[str]) -> str:
    """The text without the numbers that the question itself names."""
    return re.sub(r"\d+", lambda match: "" if match.group() in numbers else match.group(), text)
