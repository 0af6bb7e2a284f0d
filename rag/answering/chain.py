"""From a question to an answer: one LangChain ``Runnable`` that also tells what it is doing."""

from collections import abc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config

from rag.answer import Answer, Drafting, Event, Final, Found, Question, Reason, Stage, TakenBack
from rag.answering.citing import Resolved, resolve_answer
from rag.answering.confidence import Calibration
from rag.answering.course import Course, Decision, why_not_answer
from rag.answering.drafting import Clock, Draft, only_restates, trained_for, write_draft
from rag.answering.evidence import pack_evidence
from rag.answering.injections import is_order, without_orders
from rag.answering.prompt import head_messages, is_decline, messages_for, wording_for
from rag.answering.reading import pack_read, read_passages
from rag.answering.second_reader import AdapterReader, Finding, Reading, choose_answer
from rag.answering.subject import unnamed
from rag.curated import FaqMatcher
from rag.curated.answer import curated_answer, find_curated
from rag.models.generator import Generator, Quoting
from rag.models.reader.reader import Reader
from rag.questions.inquiry import checked, understand
from rag.questions.rewriting import Rewriter
from rag.retrievers import ForeignRetriever, PassageSearch, Retriever
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer
from rag.text.marks import mark

_SURELY_NOT = 0.99  # so likely to decline, a reader makes it needless to write what would be withheld
_Events = abc.Generator[Event, None, None]


class AnswerChain(Runnable[str | Question, Answer]):
    """Understands a question, gathers evidence, writes, checks what was written, and decides.

    A question that a curated entry surely answers, by the ``matcher``, is answered with that entry's words
    alone. ``events`` tells all there is to tell; ``invoke`` gives the answer, ``stream`` growing answers.
    """

    def __init__(
        self,
        retriever: Retriever | BaseRetriever,
        generator: Generator,
        analyzer: Analyzer,
        settings: AnsweringSettings | None = None,
        *,
        matcher: FaqMatcher | None = None,
        calibration: Calibration | None = None,
        reader: Reader | None = None,
        second_reader: AdapterReader | None = None,
        split_questions: bool = True,
    ) -> None:
        """Put the parts together.

        Args:
            retriever: finds the passages; any LangChain retriever will do, one of others takes no filter.
            generator: writes the answers, or quotes them.
            analyzer: cuts text into index terms.
            settings: how much is read, what is checked, and what is withheld; the defaults if left out.
            matcher: finds the curated entry that a question asks.
            calibration: makes a probability of what is measured of an answer.
            reader: reads what was found: what matters of it, and where the answer stands.
            second_reader: reads the evidence apart from the generator, where there is no reader.
            split_questions: whether a question that asks several things is taken apart.
        """
        self.retriever: Retriever
        if isinstance(retriever, BaseRetriever) and not isinstance(retriever, PassageSearch):
            self.retriever = ForeignRetriever(retriever)
        else:
            self.retriever = retriever
        self.generator = generator
        self.analyzer = analyzer
        self.settings = settings if settings is not None else AnsweringSettings()
        self.matcher = matcher
        self.reader = reader
        self.second_reader = second_reader
        self.split_questions = split_questions
        self.rewriter = Rewriter(generator, analyzer)
        self.decision = Decision(analyzer, self.settings, calibration)

    def invoke(self, input: str | Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Answer a question.

        Raises:
            ConfigError: the question is empty or too long, or has a filter that the retriever can't take.
            KnowledgeBaseError: the knowledge base can't be searched.
            GenerationError: the generator failed.
        """
        *_, last = self.events(input, config)
        assert isinstance(last, Final)
        return last.answer

    def stream(
        self, input: str | Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[Answer]:
        """Yield growing answers: first the passages without text, then drafts, last what ``invoke`` gives."""
        answer = None
        with closing(self.events(input, config)) as events:
            for event in events:
                match event:
                    case Found(found, _) | Final(found):
                        answer = found
                        yield found
                    case Drafting(text, complete=False) if answer is not None:
                        yield replace(answer, text=text)

    def events(self, question: str | Question, config: RunnableConfig | None = None) -> _Events:
        """What happens: `Found`, then any number of `Drafting`, at most one `TakenBack` each, and `Final`.

        Raises:
            RagError: what ``invoke`` raises.
        """
        clock = Clock()
        asked = checked(question, self.settings.max_question_characters)
        load_ahead = self.generator.abilities.load_ahead
        if load_ahead is not None:
            load_ahead()
        if self.reader is not None:
            self.reader.load_ahead()
        inquiry = understand(asked, rewriter=self.rewriter, split=self.split_questions)
        match = find_curated(self.matcher, inquiry, asked.history)
        if match is not None and match.verdict == "sure":
            answer = curated_answer(inquiry, match.entry, clock.elapsed_ms)
            yield Found(replace(answer, text="", sentences=(), citations=()))
            yield Final(answer)
            return
        course = Course(inquiry, clock, self.generator, match.entry if match is not None else None)
        course.understood_ms = clock.elapsed_ms() if inquiry.rewritten is not None else 0.0
        yield from self._answer(course, ensure_config(config))

    def warm(self, language: str) -> None:
        """Let the generator read the fixed head of the prompt, so that the first question is as quick as the
        next ones. Does nothing for generators that can't."""
        warm = self.generator.abilities.warm
        if warm is not None:
            self.rewriter.warm(language)
            wording = wording_for(language)
            warm(head_messages(wording, examples=trained_for(self.generator, wording) is None))

    def _answer(self, course: Course, config: RunnableConfig) -> _Events:
        """Gather, write, check, decide."""
        self._gather(course)
        yield Found(course.opened(), course.read.standing if course.read is not None else None)
        reason = why_not_answer(course)
        if reason is not None:
            yield Final(course.closed(reason))
            return
        reading = self._second_reading(course)
        if reading is not None and reading.declining > _SURELY_NOT and not self.decision.withholds_nothing:
            yield Final(course.closed(Reason("found no answer")))
            return
        course.draft = yield from self._write(course, reading, config)
        course.written_ms = course.clock.elapsed_ms()
        written = course.draft.text
        if written.strip() and not is_decline(written):
            course.resolved = self._resolve(course, written)
        reason, confidence = self.decision.decide(course, reading.declining if reading is not None else None)
        if reason is None and course.resolved is not None:
            course.unnamed = unnamed(course.inquiry, course.resolved, course.retrieved, self.analyzer)
        elif course.resolved is not None:  # else the draft itself declined
            yield TakenBack(written.strip(), "withheld")
        yield Final(course.closed(reason, confidence))

    def _gather(self, course: Course) -> None:
        """Search, and choose what is read of what was found."""
        inquiry = course.inquiry
        stages: list[Stage] = []
        course.retrieved = self.retriever.search(inquiry, stages=stages)
        course.stages = stages
        budget = self.settings.evidence_tokens
        if self.reader is not None:
            course.read = read_passages(self.reader, inquiry, course.retrieved)
            packed = pack_read(inquiry, course.read, budget=budget)
        else:
            packed = pack_evidence(inquiry, course.retrieved, analyzer=self.analyzer, budget=budget)
        course.evidence, course.orders = without_orders(packed)
        course.gathered_ms = course.clock.elapsed_ms()

    def _second_reading(self, course: Course) -> Reading | None:
        """How likely the passages are not to hold the answer, as the second reader or the generator sees it.

        None where nobody can be asked: then the generator decides as it writes whether to answer.
        """
        inquiry = course.inquiry
        wording = wording_for(inquiry.language)
        if not self.decision.asks_for_chances:
            return None
        if course.read is not None:
            found = course.read.found
            return Reading(course.read.nowhere, lambda: Finding(found))
        trained = trained_for(self.generator, wording)
        if trained is None:
            return None
        if self.second_reader is not None:
            return self.second_reader.read(inquiry, course.evidence)
        messages = messages_for(inquiry, course.evidence, examples=False)
        return Reading(trained.first_token_probabilities(messages, [wording.decline_start])[0])

    def _write(
        self, course: Course, reading: Reading | None, config: RunnableConfig
    ) -> abc.Generator[Event, None, Draft]:
        """Write the draft, and settle with the second reader which answer goes on."""
        quoting = self.generator.abilities.quoting
        if quoting is not None:
            course.origin = "extractive"
            return self._quote(course, quoting)
        inquiry = course.inquiry
        wording = wording_for(inquiry.language)
        examples = trained_for(self.generator, wording) is None
        avoid = wording.decline_start if reading is not None else ""

        def write(*, plainly: bool = False) -> abc.Generator[Event, None, Draft]:
            messages = messages_for(inquiry, course.evidence, examples=examples, plainly=plainly)
            return write_draft(self.generator, messages, course.clock, config, avoid)

        draft = yield from write()
        if reading is not None and reading.find is not None:
            stands = partial(self._stands, course)
            chosen = choose_answer(draft, reading.find(), reading.declining, inquiry, course.evidence, stands)
            if chosen.first is not None and chosen.first.strip():
                yield TakenBack(chosen.first.strip(), "replaced")
            return chosen
        if self.settings.check == "none" or not only_restates(draft.text, inquiry, self.analyzer):
            return draft
        yield TakenBack(draft.text.strip(), "replaced")
        again = yield from write(plainly=True)
        no_better = not again.text.strip() or is_decline(again.text)
        if no_better or only_restates(again.text, inquiry, self.analyzer):
            return draft
        return again.after(draft)

    def _quote(self, course: Course, quoting: Quoting) -> Draft:
        """The sentences that answer the question, or each of its parts, in the passages' own words."""
        if course.read is not None:
            found = dict.fromkeys(course.read.quotes(course.passages))
        else:
            queries = course.inquiry.parts or (course.inquiry.query,)
            texts = [passage.page_content for passage in course.passages]
            found = dict.fromkeys(each for query in queries for each in quoting.read(query, texts))
        lines = [f"{' '.join(text.split())} {mark(number)}" for number, text in found if not is_order(text)]
        return Draft("\n".join(lines), first_token_ms=course.clock.elapsed_ms())

    def _resolve(self, course: Course, text: str) -> Resolved:
        """Hold a text against what was read."""
        return resolve_answer(
            text,
            course.passages,
            course.inquiry,
            analyzer=self.analyzer,
            as_written=self.settings.check == "none",
        )

    def _stands(self, course: Course, text: str) -> bool:
        """Whether a text is an answer: something is left of it once it is checked, and it says more than the
        question."""
        if self.settings.check == "none":
            return True
        resolved = self._resolve(course, text)
        return bool(resolved.sentences) and not only_restates(resolved.text, course.inquiry, self.analyzer)
