"""What is known of an answer on its way, whether it is given, and the answer that is made at the end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.documents import Document

from rag.answer import TAKEN_BACK, Answer, Curated, Origin, Reason, Stage, Trace
from rag.answering.citing import Resolved
from rag.answering.confidence import Calibration, Signals, likelihood_signals, signals_of
from rag.answering.drafting import Clock, Draft, only_restates
from rag.answering.evidence import Evidence
from rag.answering.prompt import wording_for
from rag.answering.reading import Read
from rag.answering.second_reader import agreement
from rag.models.generator import Generator
from rag.passage import embedding_text, metadata_of
from rag.questions.inquiry import Inquiry
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer

_NEAREST = 3  # documents that a decline names
_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4})-?(\d{1,6})(?![A-Za-z0-9])")


@dataclass(slots=True)
class Course:
    """The one thing that changes while a question is answered: each station notes here what it found.

    Milliseconds are since the question was asked; ``understood_ms`` is 0 where nothing was rewritten.
    """

    inquiry: Inquiry
    clock: Clock
    generator: Generator
    suggested: Curated | None = None  # the entry that may be meant, beside the answer
    origin: Origin = "generated"
    understood_ms: float = 0.0
    retrieved: Sequence[Document] = ()
    stages: Sequence[Stage] = ()
    read: Read | None = None  # what the reader made of what was retrieved
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
            absent = wording.decline if self.inquiry.filter is None else wording.not_among
            text = wording.withheld if reason.code in TAKEN_BACK else absent
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
            curated=self.suggested,
            standalone=self.inquiry.rewritten,
            trace=self._trace(total_ms),
        )

    def _trace(self, total_ms: float) -> Trace:
        draft = self.draft or Draft("")
        resolved = self.resolved
        engine = self.generator.abilities.engine
        return Trace(
            query=self.inquiry.query,
            rewrite_ms=self.understood_ms,
            retrieve_ms=round(self.gathered_ms - self.understood_ms, 3),
            stages=(*self.stages, Stage("retrieved", tuple(self.retrieved))),
            evidence=tuple(each.text for each in self.evidence),
            withheld=tuple(self.orders),
            generator=self.generator.model_name,
            engine=engine.name if engine is not None else "",
            engine_reason=engine.reason if engine is not None else "",
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


def why_not_answer(course: Course) -> Reason | None:
    """Why nothing needs to be written: nothing was found, or not the codes that are asked about."""
    if not course.retrieved and course.inquiry.filter is not None:
        return Reason("nothing passes")
    if not course.evidence:
        return Reason("nothing found")
    unknown = unknown_codes(course.inquiry.query, course.retrieved)
    return Reason("unknown codes", ", ".join(unknown)) if unknown else None


def unknown_codes(question: str, passages: Sequence[Document]) -> list[str]:
    """The codes of the question that no passage has, though passages have others with the same letters.

    A code is one to four Latin letters and a number, with or without a hyphen: ``E12``, ``CBP-2104``. The
    commonest near miss: asked about error E12 where the manual lists E03 and E06, a generator answers with
    one of those.
    """
    known: dict[str, set[str]] = {}
    for passage in passages:
        text = embedding_text(metadata_of(passage)["context"], passage.page_content)
        for letters, number in _IDENTIFIER.findall(text):
            known.setdefault(letters.upper(), set()).add(number.lstrip("0"))
    return [
        match.group()
        for match in _IDENTIFIER.finditer(question)
        if match.group(1).upper() in known and match.group(2).lstrip("0") not in known[match.group(1).upper()]
    ]


@dataclass(frozen=True, slots=True)
class Decision:
    """Decides by the check of a draft, and by how probable its rightness is.

    ``calibration``: None where nobody knows how to tell. An answer that is less probable than the settings'
    ``minimum_confidence`` is withheld; where that is None, than the calibration's own threshold.
    """

    analyzer: Analyzer
    settings: AnsweringSettings
    calibration: Calibration | None = None

    @property
    def asks_for_chances(self) -> bool:
        """Whether it weighs how likely a reader is to decline; else the generator decides as it writes."""
        return self.calibration is not None or self.withholds_nothing

    @property
    def withholds_nothing(self) -> bool:
        """Whether an answer is given however unsure it is."""
        return self.settings.minimum_confidence == 0

    def decide(self, course: Course, declining: float | None) -> tuple[Reason | None, float | None]:
        """Why the draft isn't given as the answer, or None; and the probability that it is right, if known.

        The course takes the signals. ``declining``: how likely a reader was to decline; None where none was
        asked.
        """
        draft, resolved = course.draft, course.resolved
        if draft is None or not draft.text.strip():
            quoted = course.origin == "extractive"
            return Reason("no sentence fits" if quoted else "wrote nothing"), None
        if resolved is None:  # it says itself that there is no answer
            return Reason("found no answer"), None
        course.signals = self._signals(course, draft, resolved, declining)
        if not resolved.sentences:
            return Reason("unsupported" if resolved.removed else "wrote no sentence"), None
        written = self.settings.check != "none" and course.origin == "generated"
        if written and only_restates(resolved.text, course.inquiry, self.analyzer):
            return Reason("only restates"), None
        if self.calibration is None:
            return None, None
        confidence = self.calibration.probability(course.signals)
        least = self.settings.minimum_confidence
        least = self.calibration.threshold if least is None else least
        if confidence is not None and confidence < least:
            return Reason("not sure enough", f"{confidence:.0%}"), None
        return None, confidence

    def _signals(self, course: Course, draft: Draft, resolved: Resolved, declining: float | None) -> Signals:
        signals = signals_of(course.inquiry, course.evidence, course.stages, resolved, analyzer=self.analyzer)
        if declining is not None:
            signals["declining"] = declining
        if course.read is not None:
            signals |= course.read.signals()
        signals |= likelihood_signals(draft.likelihoods)
        if draft.found is not None:
            # Of what was written by itself: what was found agrees with itself when it stands in its place.
            # A draft that is the same to the letter counts as nothing, too: the shipped calibration was
            # fitted so, and is right as often as it says only with signals as they were.
            own = (draft.first or "") if draft.text == draft.found else resolved.text
            signals["agreement"] = agreement(own, draft.found, self.analyzer)
            signals |= likelihood_signals(draft.found_likelihoods, "found ")
        return signals
