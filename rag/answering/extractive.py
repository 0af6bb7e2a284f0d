"""The extractive reader: the passages' own sentences as the answer, without a language model.

For machines too small for one, and wherever an answer must be nothing but quotation. What says most of a
question: its content words, weighted by how rare they are among the sentences at hand (inverse document
frequency, Spärck Jones 1972), the words that a sentence inherits from its heading and from the sentence
before it, and a number where one is asked for.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from rag.answering.prompt import wording_for
from rag.errors import GenerationError
from rag.models.generator import Abilities
from rag.text.analysis import Analyzer
from rag.text.facts import asked_for, numbers_of
from rag.text.language import approximate_tokens, language_of
from rag.text.marks import mark
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
_PASSAGE = re.compile(r"^\[(\d+)\][ \t]*", re.MULTILINE)
_LABEL = re.compile(r"^(?:question|问题)\s*[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a passage. ``coverage``: the share (0 to 1) of the question's weight that it holds."""

    number: int  # of its passage, 1-based
    start: int  # code points into the passage
    text: str
    coverage: float
    score: float
    terms: frozenset[str]


class ExtractiveReader(BaseChatModel):
    """Answers with the sentences that hold the question's words, or declines.

    ``read`` takes a question and passages. As a plain chat model it finds both in the last human message:
    passages that begin with ``[1]``, ``[2]`` … at the start of a line, then an empty line and the question.
    With ``embeddings`` the sentences that share words with the question are also compared with it in meaning.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    analyzer: Analyzer
    embeddings: Embeddings | None = None
    max_sentences: int = Field(2, ge=1)
    min_coverage: float = Field(0.3, ge=0.0, le=1.0)  # of the question's weight; below it there is no answer
    model_name: str = "extractive"

    @property
    def _llm_type(self) -> str:
        return "extractive"

    @property
    def abilities(self) -> Abilities:
        """It quotes."""
        return Abilities(quoting=self)

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

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, usage = self._answer(messages, stop)
        message = AIMessage(text, usage_metadata=usage, response_metadata=self._response())
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        text, usage = self._answer(messages, stop)
        for line in text.splitlines(keepends=True):
            yield ChatGenerationChunk(message=AIMessageChunk(content=line))
        last = AIMessageChunk(
            content="", usage_metadata=usage, response_metadata=self._response(), chunk_position="last"
        )
        yield ChatGenerationChunk(message=last)

    def _answer(
        self, messages: Sequence[BaseMessage], stop: Sequence[str] | None
    ) -> tuple[str, UsageMetadata]:
        request = _last_request(messages)
        question, passages = _parse(request)
        found = self.read(question, list(passages.values()))
        numbers = list(passages)
        text = "\n".join(f"{' '.join(sentence.split())} {mark(numbers[at - 1])}" for at, sentence in found)
        text = text or wording_for(language_of(question)).decline
        for end in stop or []:
            text = text.partition(end)[0] if end else text
        read, written = approximate_tokens(request), approximate_tokens(text)
        return text, UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)

    def _response(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "finish_reason": "stop"}


def score_sentences(question: str, passages: Sequence[str], analyzer: Analyzer) -> list[ScoredSentence]:
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


def _weights(question: str, sentences: Sequence[frozenset[str]], analyzer: Analyzer) -> dict[str, float]:
    """How much each of the question's terms says; a synonym stands for its word, not beside it."""
    frequency = Counter(term for terms in sentences for term in terms)
    return {
        term: math.log(1 + (len(sentences) + 1) / (frequency[term] + 0.5))
        for term in analyzer.query_terms(_ASKING_WORDS.sub(" ", question))
    }


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


def _last_request(messages: Sequence[BaseMessage]) -> str:
    for message in reversed(messages):
        if message.type.lower().startswith("human"):
            return str(message.text)
    raise GenerationError("the extractive reader was given no question; end the messages with a human one")


def _parse(request: str) -> tuple[str, dict[int, str]]:
    """The question, and the passages by their numbers, out of a request that holds both."""
    marks = list(_PASSAGE.finditer(request))
    if not marks:
        return _LABEL.sub("", request.strip()), {}
    last = request[marks[-1].end() :]
    text, separator, question = last.rpartition("\n\n")
    if not separator:
        text, _, question = last.rpartition("\n")
    ends = [*(mark.start() for mark in marks[1:]), marks[-1].end() + len(text)]
    passages = {
        int(mark.group(1)): request[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)
    }
    return _LABEL.sub("", question.strip()), passages
