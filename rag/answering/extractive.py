"""The extractive reader: the passages' own sentences as the answer, without a language model.

For machines too small for one, and wherever an answer must be nothing but quotation.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from rag.answering.sentence_scoring import ScoredSentence, TermAnalyzer, score_sentences
from rag.errors import GenerationError
from rag.text.language import approximate_tokens, language_of

_COMPARED = 12  # sentences whose meaning is compared with the question's, the best by words
_MEANING_WEIGHT = 0.07  # of a standard deviation of similarity among them
_DECLINE = {"zh": "资料中没有相关信息。", "en": "The documents do not contain this."}
_PASSAGE = re.compile(r"^\[(\d+)\][ \t]*", re.MULTILINE)
_LABEL = re.compile(r"^(?:question|问题)\s*[:：]\s*", re.IGNORECASE)


class ExtractiveReader(BaseChatModel):
    """Answers with the sentences that hold the question's words, or declines.

    ``read`` takes a question and passages. As a plain chat model it finds both in the last human message:
    passages that begin with ``[1]``, ``[2]`` … at the start of a line, then an empty line and the question.
    With ``embeddings`` the sentences that share words with the question are also compared with it in meaning.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    analyzer: Any  # a TermAnalyzer
    embeddings: Embeddings | None = None
    max_sentences: int = Field(2, ge=1)
    min_coverage: float = Field(0.3, ge=0.0, le=1.0)  # of the question's weight; below it there is no answer
    model_name: str = "extractive"

    @property
    def _llm_type(self) -> str:
        return "extractive"

    def read(self, question: str, passages: Sequence[str]) -> list[tuple[int, str]]:
        """The sentences that answer the question, in the passages' order; none where they don't.

        Each comes with the 1-based number of its passage and is an exact slice of it.
        """
        analyzer: TermAnalyzer = self.analyzer
        ranked = score_sentences(question, passages, analyzer)
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
        text = "\n".join(f"{' '.join(sentence.split())} [{numbers[at - 1]}]" for at, sentence in found)
        text = text or _DECLINE.get(language_of(question), _DECLINE["en"])
        for end in stop or []:
            text = text.partition(end)[0] if end else text
        read, written = approximate_tokens(request), approximate_tokens(text)
        return text, UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)

    def _response(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "finish_reason": "stop"}


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
