"""Asking a system a question and writing down all that an audit needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import HumanMessage, SystemMessage

from eval.datasets.records import EvalQuestion
from eval.generation_cache import CachedGenerator
from eval.measures.cost import costs
from eval.runs.evidence import RANKED, GivenPassages, gold_and_distractors
from eval.runs.parts import Parts
from eval.selection import Corpus
from eval.systems import System
from rag.answer import Answer, Question, Reason, Sentence, Trace
from rag.errors import RagError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, View
from rag.models.generator import Generator
from rag.passage import metadata_of
from rag.presenting.reasons import reason_text
from rag.retrievers import Retriever
from rag.service import Service
from rag.text.language import language_of

_CLOSED_BOOK = {
    "zh": "简短直接地回答问题，通常一句话。不知道时只回答：不知道。",
    "en": "Answer the question directly and briefly, usually in one sentence. If you don't know, say only: "
    "I don't know.",
}
_UNKNOWN = ("不知道", "i don't know", "i do not know")


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, or why there is none."""

    answer: Answer | None
    error: str | None = None
    cached: bool = False

    @property
    def retrieved(self) -> tuple[Document, ...]:
        """The passages that its evidence was chosen from, best first."""
        stages = self.answer.trace.stages if self.answer is not None else ()
        return stages[-1].passages if stages else ()

    @property
    def candidates(self) -> tuple[Document, ...]:
        """The same, then what else the stages of the search found, by its best rank."""
        rank: dict[str | None, int] = {}
        passages: dict[str | None, Document] = {}
        for stage in self.answer.trace.stages if self.answer is not None else ():
            for place, each in enumerate(stage.passages):
                rank[each.id] = min(place, rank.get(each.id, place))
                passages.setdefault(each.id, each)
        first = {each.id for each in self.retrieved}
        rest = sorted((each for each in passages if each not in first), key=lambda each: rank[each])
        return (*self.retrieved, *(passages[each] for each in rest))


@dataclass(slots=True)
class Asker:
    """Asks one system about one corpus."""

    system: System
    corpus: Corpus
    parts: Parts
    seed: int = 0
    knowledge_base: KnowledgeBase = field(init=False)
    view: View = field(init=False)  # all of it
    generator: Generator = field(init=False)

    def __post_init__(self) -> None:
        """Open what is needed.

        Raises:
            RagError: it can't be opened.
        """
        self.knowledge_base = self.parts.knowledge_base(self.system, self.corpus)
        self.view = self.knowledge_base.view(EVERYTHING)
        self.generator = self.parts.generator(self.system, self.view)

    def ask(self, question: EvalQuestion) -> Asked:
        """The system's answer, with the evidence that the system is given."""
        if self.system.evidence == "none":
            return self._asked(lambda: self._closed_book(question))
        curated = self.system.evidence == "retrieved"
        return self._asked(lambda: self._answer(question, self._retriever(question), curated=curated))

    def ask_over(self, question: EvalQuestion, retriever: Retriever) -> Asked:
        """The system's answer over what a retriever finds; no entry is answered straight."""
        return self._asked(lambda: self._answer(question, retriever, curated=False))

    def _answer(self, question: EvalQuestion, retriever: Retriever, *, curated: bool) -> Answer:
        settings = self.system.settings
        if not curated:
            settings = settings.override("faq", enabled=False)
        service = Service(
            settings,
            roots=EVERYTHING,
            knowledge_base=self.knowledge_base,
            embeddings=self.parts.embeddings(self.system),
            generator=self.generator,
            retriever=retriever,
        )
        return service.ask(Question(question.text, question.history))

    def _retriever(self, question: EvalQuestion) -> Retriever:
        embeddings = self.parts.embeddings(self.system)
        if self.system.evidence == "retrieved":
            return self.system.build_retriever(self.view, embeddings)
        ranker = self.system.build_retriever(self.view, embeddings, RANKED)
        passages = gold_and_distractors(
            question,
            self.corpus,
            self.view,
            ranker,
            distractors=self.system.distractors,
            seed=self.seed,
        )
        return GivenPassages(passages)

    def _asked(self, ask: Callable[[], Answer]) -> Asked:
        before = self._hits()
        try:
            answer = ask()
        except RagError as error:
            return Asked(None, str(error))
        return Asked(answer, cached=self._hits() > before)

    def _hits(self) -> int:
        return self.generator.hits if isinstance(self.generator, CachedGenerator) else 0

    def _closed_book(self, question: EvalQuestion) -> Answer:
        """What the generator says without any document."""
        told = _CLOSED_BOOK["zh" if language_of(question.text) == "zh" else "en"]
        text = str(self.generator.invoke([SystemMessage(told), HumanMessage(question.text)]).text).strip()
        if not text or any(each in text.lower().replace("’", "'") for each in _UNKNOWN):
            return Answer(question.text, text, (), abstained=True, reason=Reason("not known"))
        sentence = Sentence(text, 0, len(text), (), 0.0)
        trace = Trace(generator=self.system.settings.generator.model)
        return Answer(question.text, text, (), (sentence,), trace=trace)


def answer_record(question: EvalQuestion, asked: Asked) -> dict[str, Any]:
    """A question's line but for scores and where it was lost; see docs/evaluation.md."""
    answer = asked.answer
    trace = answer.trace if answer is not None else Trace()
    timed = answer is not None and not asked.cached
    return {
        "id": question.id,
        "text": question.text,
        "lang": question.lang,
        "kind": question.kind,
        "history": [[turn.role, turn.content] for turn in question.history],
        "answerable": question.answerable,
        "answers": list(question.answers),
        "relevant": sorted(question.gold),
        "answer": answer.text if answer is not None else "",
        "abstained": answer is not None and answer.abstained,
        "reason": (reason_text(answer.reason, "en") or None) if answer is not None else None,
        "origin": answer.origin if answer is not None else None,
        "confidence": answer.confidence if answer is not None else None,
        "unnamed": list(answer.unnamed) if answer is not None else [],
        "signals": dict(trace.signals),
        "draft": trace.draft,
        "first_draft": trace.first_draft,
        "found": trace.found,
        "removed": list(trace.removed),
        "passages": [
            _place(passage)
            | {
                "number": number,
                "score": passage.metadata.get("score"),
                "evidence": trace.evidence[number - 1] if number <= len(trace.evidence) else "",
            }
            for number, passage in enumerate(answer.passages if answer is not None else (), start=1)
        ],
        "sentences": [
            {"text": each.text, "citations": list(each.citations), "support": each.support}
            for each in (answer.sentences if answer is not None else ())
        ],
        "citations": [
            _place(each.passage)
            | {
                "number": each.number,
                "quote": each.quote,
                "start": each.start,
                "end": each.end,
                "support": each.support,
            }
            for each in (answer.citations if answer is not None else ())
        ],
        "candidates": list(dict.fromkeys(metadata_of(each)["source"] for each in asked.candidates)),
        "timings": {name: value if timed else None for name, value in costs(trace).items()},
        "cached": asked.cached,
        "prompt_tokens": trace.prompt_tokens,
        "generated_tokens": trace.generated_tokens,
        "error": asked.error,
    }


def _place(passage: Document) -> dict[str, Any]:
    metadata = metadata_of(passage)
    return {name: metadata[name] for name in ("source", "page", "start", "end")}
