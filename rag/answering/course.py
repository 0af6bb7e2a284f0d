"""What is known of an answer on its way, and the answer that is made of it at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.documents import Document

from rag.answer import Answer, Origin, Reason
from rag.answering.citing import Resolved
from rag.answering.confidence import Signals
from rag.answering.drafting import Clock, Draft
from rag.answering.evidence import Evidence
from rag.answering.prompt import wording_for
from rag.questions.inquiry import Inquiry
from rag.trace import Stage, Trace

_NEAREST = 3  # documents that a decline names
# Something was written and taken back: what the documents hold isn't known by that.
_TAKEN_BACK = frozenset({"unsupported", "only restates", "not sure enough"})


@dataclass(slots=True)
class Course:
    """The one thing that changes while a question is answered: each station notes here what it found.

    Milliseconds are since the question was asked; ``understood_ms`` is 0 where nothing was rewritten.
    """

    inquiry: Inquiry
    clock: Clock
    generator: str
    origin: Origin = "generated"
    understood_ms: float = 0.0
    retrieved: Sequence[Document] = ()
    stages: Sequence[Stage] = ()
    evidence: Sequence[Evidence] = ()
    orders: Sequence[str] = ()  # sentences of the evidence that weren't read
    gathered_ms: float = 0.0
    draft: Draft | None = None
    written_ms: float = 0.0
    resolved: Resolved | None = None
    unnamed: tuple[str, ...] = ()  # what the question names and the answer's source doesn't
    signals: Signals = field(default_factory=dict)

    @property
    def passages(self) -> tuple[Document, ...]:
        """Those that are read; the n-th has the number n."""
        return tuple(each.passage for each in self.evidence)

    def opened(self) -> Answer:
        """The answer before anything of it is written: what will be read."""
        return self._answer("")

    def closed(self, reason: Reason | None, confidence: float | None = None) -> Answer:
        """The answer that the draft became when it was checked, with the probability that it is right.

        With a reason, a refusal that names the documents that come nearest.
        """
        if reason is None:
            assert self.resolved is not None, "nothing was checked"
            return self._answer(self.resolved.text, None, confidence, self.clock.elapsed_ms())
        wording = wording_for(self.inquiry.language)
        if reason.code == "nothing passes":
            text = wording.nothing_passes
        else:
            text = wording.withheld if reason.code in _TAKEN_BACK else wording.decline
            sources = dict.fromkeys(str(passage.metadata["source"]) for passage in self.passages)
            if sources:
                text += wording.nearest.format(wording.comma.join(list(sources)[:_NEAREST]))
        return self._answer(text, reason, None, self.clock.elapsed_ms())

    def _answer(
        self,
        text: str,
        reason: Reason | None = None,
        confidence: float | None = None,
        total_ms: float = 0.0,
    ) -> Answer:
        given = self.resolved if reason is None else None
        return Answer(
            question=self.inquiry.asked,
            text=text,
            passages=self.passages,
            sentences=given.sentences if given is not None else (),
            citations=given.citations if given is not None else (),
            origin=self.origin,
            abstained=reason is not None,
            reason=reason,
            confidence=confidence,
            unnamed=self.unnamed,
            filter=self.inquiry.filter,
            standalone=self.inquiry.rewritten,
            trace=self._trace(total_ms),
        )

    def _trace(self, total_ms: float) -> Trace:
        draft = self.draft or Draft("")
        resolved = self.resolved
        return Trace(
            query=self.inquiry.query,
            rewrite_ms=self.understood_ms,
            retrieve_ms=round(self.gathered_ms - self.understood_ms, 3),
            stages=(*self.stages, Stage("retrieved", tuple(self.retrieved))),
            evidence=tuple(each.text for each in self.evidence),
            withheld=tuple(self.orders),
            generator=self.generator,
            first_token_ms=draft.first_token_ms,
            generate_ms=round(self.written_ms - self.gathered_ms, 3) if self.draft is not None else 0.0,
            prompt_tokens=draft.prompt_tokens,
            generated_tokens=draft.generated_tokens,
            draft=draft.text,
            first_draft=draft.first or "",
            found=draft.found,
            dropped_citations=resolved.dropped if resolved is not None else (),
            removed=resolved.removed if resolved is not None else (),
            signals=self.signals,
            total_ms=total_ms,
        )
