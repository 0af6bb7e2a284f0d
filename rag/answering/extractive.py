"""The extractive reader: the passages' own sentences as the answer, without a language model.

For machines too small for one, and wherever an answer must be nothing but quotation. What says most of a
question: its content words, weighted by how rare they are among the sentences at hand (inverse document
frequency, Spärck Jones 1972), the words that a sentence inherits from its heading and from the sentence
before it, and a number where one is asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from langchain_core.embeddings import Embeddings

from rag.answering.support import rarity
from rag.errors import GenerationError
from rag.models.generator import Abilities
from rag.text.analysis import Analyzer
from rag.text.facts import asked_for, numbers_of
from rag.text.sentences import split_sentences
from rag.text.words import fold

_COMPARED = 12  # sentences whose meaning is compared with the question's, the best by words
_MEANING_WEIGHT = 0.07  # of a standard deviation of similarity among them
_FROM_HEADING = 0.8  # how much a word counts that stands only in the heading, or the FAQ's question, above
_FROM_BEFORE = 0.4  # only in the sentence before
_NUMBER_BONUS = 0.1
_RANK_BONUS = 0.02  # of the first passage; the second has half of it, and so on
_ASKING_WORDS = re.compile(  # they say what kind of thing is asked for, and no answer repeats them
    r"\bhow (?:many|much|old|long|far|large|big|high|tall|often)\b|多少|多久|何时|什么时候|何年",
    re.IGNORECASE,
)
_LENDS_WORDS = re.compile(  # a question, a heading
    r"[?？][\"'”’」』）)]*$|^#{1,6}\s|[:：]$|^(?:Q|问)\s*[:：.．、]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a passage. ``coverage``: the share (0 to 1) of the question's weight that it holds."""

    number: int  # of its passage, 1-based
    start: int  # code points into the passage
    text: str
    coverage: float
    score: float
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class ExtractiveReader:
    """Takes a generator's place: quotes the sentences that hold the question's words, and writes nothing.

    With ``embeddings`` the sentences that share words with the question are also compared with it in meaning.
    """

    analyzer: Analyzer
    embeddings: Embeddings | None = None
    max_sentences: int = 2
    min_coverage: float = 0.3  # of the question's weight; below it there is no answer
    model_name: str = "extractive"

    @property
    def abilities(self) -> Abilities:
        """It quotes."""
        return Abilities(quoting=self)

    def invoke(self, *prompt: object, **options: object) -> NoReturn:
        """Raises GenerationError: there is nothing that it could write."""
        raise GenerationError(
            "the extractive reader quotes and writes nothing; name a model with --generator"
        )

    stream = invoke

    def read(self, question: str, passages: Sequence[str]) -> list[tuple[int, str]]:
        """The sentences that answer the question, in the passages' order; none where they don't.

        Each comes with the 1-based number of its passage and is an exact slice of it.
        """
        ranked = score_sentences(question, passages, self.analyzer)
        if not ranked or max(sentence.coverage for sentence in ranked[:2]) < self.min_coverage:
            return []
        if self.embeddings is not None:
            ranked = _by_meaning(question, ranked[:_COMPARED], self.embeddings)
        chosen: list[ScoredSentence] = []
        for sentence in ranked:
            if len(chosen) == self.max_sentences:
                break
            if all(sentence.terms != other.terms for other in chosen):  # the same said twice is said once
                chosen.append(sentence)
        floor = chosen[0].coverage / 2
        chosen = [sentence for sentence in chosen if sentence.coverage >= floor]
        chosen.sort(key=lambda sentence: (sentence.number, sentence.start))
        return [(sentence.number, sentence.text) for sentence in chosen]


def score_sentences(question: str, passages: Sequence[str], analyzer: Analyzer) -> list[ScoredSentence]:
    """Every sentence of the passages that could be an answer, best first.

    Headings and questions are no answers, but lend their words to the sentences below them.
    """
    sentences = [
        (number, start, passage[start:end], frozenset(analyzer.terms(passage[start:end])))
        for number, passage in enumerate(passages, start=1)
        for start, end in split_sentences(passage)
    ]
    asked_words = analyzer.query_terms(_ASKING_WORDS.sub(" ", question))
    weights = rarity(asked_words, [terms for *_, terms in sentences])
    total = sum(weights.values())
    if not total:
        return []
    wants_number = asked_for(fold(question)) in ("how much", "when")
    asked = numbers_of(fold(question))
    scored = []
    heading: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    current = 0
    for number, start, text, terms in sentences:
        if number != current:
            current, heading, before = number, frozenset(), frozenset()
        if _LENDS_WORDS.search(text):
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
        if wants_number and numbers_of(fold(text)) - asked:
            score += _NUMBER_BONUS
        scored.append(ScoredSentence(number, start, text, round(coverage, 4), round(score, 4), terms))
        before = terms
    return sorted(scored, key=lambda sentence: (-sentence.score, sentence.number, sentence.start))


def _by_meaning(
    question: str, sentences: Sequence[ScoredSentence], embeddings: Embeddings
) -> list[ScoredSentence]:
    """The sentences by words and meaning together. Standardized, since embedders differ in scale."""
    vectors = np.asarray(embeddings.embed_documents([sentence.text for sentence in sentences]))
    similarities = vectors @ np.asarray(embeddings.embed_query(question))
    spread = float(similarities.std())
    standard = (similarities - similarities.mean()) / spread if spread else np.zeros(len(sentences))
    order = sorted(
        range(len(sentences)),
        key=lambda at: -(sentences[at].score + _MEANING_WEIGHT * float(standard[at])),
    )
    return [sentences[at] for at in order]
