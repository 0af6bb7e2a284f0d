"""What is measured of a question and the curated entries nearest to it, and how probable that makes one.

The probability is a logistic regression. Its coefficients were made by ``python -m training curated SETS
--fit`` on fit halves of sets of paraphrases only, with the default embedder. One in five of the questions, by
weight, had its entry taken away, so that what is nearest is wrong. Another embedder has other cosines: fit
anew for it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rag.curated.differences import same_words
from rag.knowledge_base import QuestionHit
from rag.text.analysis import Analyzer
from rag.text.language import language_of

SAME_LANGUAGE = 15.89, 72.99, 1.74, -15.66  # coefficients of score, margin and shared, and the constant
OTHER_LANGUAGE = 27.67, 149.22, 0.0, -25.23
WIDEST_MARGIN = 0.06  # a greater lead over the next entry says no more
_LONE_MARGIN = 0.01  # of an entry without a rival: that there is no other says nothing
_QUESTION_SHARE = 0.4  # of the question's cosine in an entry's score; the rest is the whole passage's
_SAME_WORDS = 0.99  # the probability of an entry whose own question it is, word for word, at least


class Features(NamedTuple):
    """The entry's ``score`` (``entry_score``); its lead over the next entry in the same language with another
    answer; the share of words that the two questions have in common, synonyms included, and 0 where their
    languages differ; whether they do.
    """

    score: float
    margin: float
    shared: float
    crossing: bool


class Candidate(NamedTuple):
    """The entry that fits a question best of those in one language."""

    hit: QuestionHit
    features: Features
    same_words: bool  # it is the same question, word for word


def probability(features: Features, *, same_words: bool = False) -> float:
    """The probability, between 0 and 1, that the entry is what was asked."""
    score, margin, shared, constant = OTHER_LANGUAGE if features.crossing else SAME_LANGUAGE
    logit = score * features.score + margin * features.margin + shared * features.shared + constant
    fitted = 1 / (1 + math.exp(-max(-50.0, min(50.0, logit))))
    return max(fitted, _SAME_WORDS) if same_words else fitted


def entry_score(question: float, passage: float) -> float:
    """What entries are ranked by: a question is like the entry's question, and like the whole entry."""
    return _QUESTION_SHARE * question + (1 - _QUESTION_SHARE) * passage


def candidates(
    question: str,
    hits: Sequence[QuestionHit],
    passages: Mapping[str, float],
    answers: Mapping[str, str],
    analyzer: Analyzer,
) -> list[Candidate]:
    """The best entry in each language, best first.

    Args:
        question: what was asked.
        hits: the entries whose questions are nearest to it.
        passages: the cosines of the question with their passages, by passage id.
        answers: their answers by passage id; entries with equal ones are no rivals.
        analyzer: turns questions into words, with the glossary's synonyms.
    """
    scored = [
        (same_words(hit.question, question), entry_score(hit.score, passages[hit.passage_id]), hit)
        for hit in hits
    ]
    scored.sort(key=lambda each: each[:2], reverse=True)
    chinese = language_of(question) == "zh"
    found: dict[bool, Candidate] = {}
    for same, score, hit in scored:
        language = language_of(hit.question) == "zh"
        if language in found:
            continue
        rivals = (
            other_score
            for _, other_score, other in scored
            if (language_of(other.question) == "zh") == language
            and answers[other.passage_id] != answers[hit.passage_id]
        )
        features = Features(
            score=score,
            margin=min(WIDEST_MARGIN, score - max(rivals, default=score - _LONE_MARGIN)),
            shared=0.0 if language != chinese else shared_words(question, hit.question, analyzer),
            crossing=language != chinese,
        )
        found[language] = Candidate(hit, features, same)
    return list(found.values())


def shared_words(first: str, second: str, analyzer: Analyzer) -> float:
    """The share of two questions' words that the other has, too, or has a synonym of: 0 to 1."""
    one, other = set(analyzer.content_terms(first)), set(analyzer.content_terms(second))
    if not one or not other:
        return 0.0
    found = len(one & set(analyzer.query_terms(second))) + len(other & set(analyzer.query_terms(first)))
    return found / (len(one) + len(other))
