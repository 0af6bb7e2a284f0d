"""From a question to an answer: one LangChain ``Runnable`` that also streams."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config

from rag.answer import Answer, Question, Trace
from rag.answering.citing import resolve_answer
from rag.answering.confidence import Calibration
from rag.answering.decision import Decision
from rag.answering.declining import Clock, decline
from rag.answering.drafting import Draft, Redrafting, chance_of_declining, trained_for, write_draft
from rag.answering.evidence import Evidence, pack_evidence
from rag.answering.identifiers import unknown_identifiers
from rag.answering.injections import is_order, without_orders
from rag.answering.prompt import Wording, build_messages, head_messages, wording_for
from rag.answering.repair import Checked, repaired
from rag.answering.restating import answered
from rag.answering.second_reader import finder_for, settle
from rag.curated.answer import Matcher, curated_answer, find_curated, with_suggestion
from rag.errors import ConfigError
from rag.models.generator import EvidenceReader
from rag.questions.inquiry import Inquiry, understand
from rag.questions.rewriting import Rewriter, as_asked
from rag.retrievers import Retriever, as_retriever
from rag.text.analysis import Analyzer
from rag.trace import Stage

logger = logging.getLogger(__name__)

_SURELY_NOT = 0.99  # so likely to decline, a generator needn't write what would be withheld


class AnswerChain(Runnable[str | Question, Answer]):
    """Retrieve, pack the evidence, generate, resolve the citations, check the support.

    A question that a curated entry surely answers, by ``matcher``, is answered with that entry's words alone.

    ``stream`` yields growing answers: the first has the passages and no text yet, the last is complete. What
    streams before it is a draft: its citations aren't resolved, and the last may decline instead, or say what
    a second reading found.
    """

    def __init__(
        self,
        retriever: Retriever | BaseRetriever,
        generator: BaseChatModel,
        analyzer: Analyzer,
        *,
        evidence_tokens: int = 300,
        max_question_characters: int = 2000,
        generator_name: str = "",
        matcher: Matcher | None = None,
        calibration: Calibration | None = None,
        minimum_confidence: float | None = None,
        split_questions: bool = True,
        check: Literal["repair", "remove", "none"] = "remove",
        second_reading: bool = True,
    ) -> None:
        self.retriever = as_retriever(retriever)
        self.generator = generator
        self.analyzer = analyzer
        self.evidence_tokens = evidence_tokens
        self.max_question_characters = max_question_characters
        self.generator_name = generator_name
        self.matcher = matcher
        self.decision = Decision(analyzer, calibration, minimum_confidence, check != "none")
        self.split_questions = split_questions
        self.check = check
        self.second_reading = second_reading
        self.rewriter = Rewriter(generator, analyzer)

    def invoke(self, input: str | Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question.

        Raises:
            ConfigError: the question is empty or too long, or has a filter that the retriever can't take.
            KnowledgeBaseError: the knowledge base can't be searched.
            GenerationError: the generator failed.
        """
        return list(self.stream(input, config))[-1]

    def stream(
        self, input: str | Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Answer]:
        """Yield the answer as it grows; raises what ``invoke`` raises."""
        return self.transform(iter([input]), config)

    def transform(
        self,
        input: Iterator[str | Question],
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Answer]:
        """Yield growing answers to the last question of the input."""
        questions = list(input)
        if not questions:
            raise ConfigError("there is no question; write one after 'ask'")
        question = _checked(questions[-1], self.max_question_characters)
        clock = Clock()
        inquiry = understand(question, rewriter=self.rewriter, split=self.split_questions)
        rewrite_ms = clock.elapsed_ms()
        for answer in self._answers(inquiry, config, clock):
            yield answer if inquiry.rewritten is None else as_asked(answer, question, rewrite_ms)

    def _answers(self, inquiry: Inquiry, config: RunnableConfig | None, clock: Clock) -> Iterator[Answer]:
        match = find_curated(self.matcher, inquiry)
        question = Question(inquiry.text, inquiry.history, inquiry.filter)
        if match is not None and match.verdict == "sure":
            answer = curated_answer(question, match.entry, clock.elapsed_ms)
            yield replace(answer, text="", sentences=(), citations=())
            yield answer
            return
        for answer in self._answer(inquiry, ensure_config(config), clock):
            yield with_suggestion(answer, match)

    def warm(self, language: str) -> None:
        """Let the generator read the fixed head of the prompt, so that the first question is as quick as the
        next ones. Does nothing for generators that can't."""
        warm = getattr(self.generator, "warm", None)
        if warm is not None:
            self.rewriter.warm(language)
            wording = wording_for(language)
            warm(head_messages(wording, examples=trained_for(self.generator, wording) is None))

    def _answer(self, question: Inquiry, config: RunnableConfig, clock: Clock) -> Iterator[Answer]:
        wording = wording_for(question.language)
        query, parts = question.query, question.parts
        stages: list[Stage] = []
        retrieved = self.retriever.search(question, stages=stages)
        packed = pack_evidence(
            query, retrieved, analyzer=self.analyzer, budget=self.evidence_tokens, parts=parts
        )
        evidence, withheld = without_orders(packed)
        trace = Trace(
            retrieve_ms=clock.elapsed_ms(),
            generator=self.generator_name,
            evidence=tuple(each.text for each in evidence),
            withheld=withheld,
            query=query,
            stages=(*stages, Stage("retrieved", tuple(retrieved))),
        )
        passages = tuple(each.passage for each in evidence)
        draft = Answer(question.text, "", passages, filter=question.filter, trace=trace)
        yield draft
        if not retrieved and question.filter is not None:
            yield replace(decline(draft, wording, "nothing passes", clock), text=wording.nothing_passes)
            return
        if not evidence:
            yield decline(draft, wording, "nothing found", clock)
            return
        unknown = unknown_identifiers(query, retrieved)
        if unknown:
            yield decline(draft, wording, "unknown codes", clock, ", ".join(unknown))
            return
        if isinstance(self.generator, EvidenceReader):
            yield self._read(draft, evidence, wording, clock, parts or (query,))
            return
        trained = trained_for(self.generator, wording)
        messages = build_messages(
            question.text, evidence, wording, question.history, examples=trained is None
        )
        finder = finder_for(self.generator, messages, wording) if self.second_reading else None
        declining, avoid = None, ""
        # Without a calibration nobody but the generator can decide whether to answer, as it writes.
        if trained is not None and (self.decision.calibration is not None or self._withholds_nothing):
            if finder is not None:
                declining = finder.chance_of_declining()
            else:
                declining = chance_of_declining(trained, messages, wording)
            if declining > _SURELY_NOT and not self._withholds_nothing:
                yield decline(draft, wording, "found no answer", clock)
                return
            avoid = wording.decline_start
        written = yield from write_draft(self.generator, messages, draft, clock, config, avoid)
        redrafting = Redrafting(
            self.generator, evidence, draft, wording, clock, config, question.history, avoid
        )
        if finder is not None and declining is not None:
            written = settle(
                written,
                finder.find(),
                declining,
                draft,
                clock,
                self.analyzer,
                several=bool(parts),
                check=self.check != "none",
            )
        elif self.check != "none":
            written = yield from answered(written, redrafting, self.analyzer)
        checked = self._check(written, draft)
        if self.check == "repair":
            checked = yield from repaired(checked, redrafting, self.analyzer)
        yield self.decision.answer(checked, draft, evidence, wording, clock, declining)

    @property
    def _withholds_nothing(self) -> bool:
        return self.decision.minimum_confidence == 0

    def _check(self, written: Draft, answer: Answer) -> Checked:
        resolved = resolve_answer(
            written.text,
            answer.passages,
            answer.question,
            analyzer=self.analyzer,
            as_written=self.check == "none",
        )
        return Checked(written, resolved)

    def _read(
        self,
        draft: Answer,
        evidence: Sequence[Evidence],
        wording: Wording,
        clock: Clock,
        queries: Sequence[str],
    ) -> Answer:
        assert isinstance(self.generator, EvidenceReader)
        texts = [each.passage.page_content for each in evidence]
        read = [found for query in queries for found in self.generator.read(query, texts)]
        found = [each for each in dict.fromkeys(read) if not is_order(each[1])]
        elapsed = clock.elapsed_ms()
        trace = replace(draft.trace, first_token_ms=elapsed, generate_ms=elapsed - draft.trace.retrieve_ms)
        draft = replace(draft, origin="extractive", trace=trace)
        text = "\n".join(f"{' '.join(sentence.split())} [{number}]" for number, sentence in found)
        written = Draft(text, replace(draft.trace, draft=text), ())
        if not text:
            return decline(replace(draft, trace=written.trace), wording, "no sentence fits", clock)
        return self.decision.answer(self._check(written, draft), draft, evidence, wording, clock)


def _checked(question: str | Question, limit: int) -> Question:
    question = Question(question) if isinstance(question, str) else question
    text = question.text.strip()
    if not text:
        raise ConfigError("the question is empty; write one after 'ask'")
    if len(text) > limit:
        raise ConfigError(
            f"the question has {len(text):,} characters and at most {limit:,} are read; shorten it, or put "
            "the long text into a document and run `python -m ingest` on its folder"
        )
    filter = question.filter
    return replace(question, text=text, filter=None if filter is None or filter.is_empty else filter)
