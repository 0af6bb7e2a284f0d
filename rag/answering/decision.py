"""Whether what was written is given as an answer, with what confidence, or declined and why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer import Answer
from rag.answering.agreement import TermAnalyzer
from rag.answering.confidence import Calibration
from rag.answering.declining import Clock, decline, objection_to
from rag.answering.evidence import Evidence
from rag.answering.prompt import Wording, is_decline
from rag.answering.repair import Checked
from rag.answering.restating import only_restates
from rag.answering.second_reader import agreement
from rag.answering.signals import candidate_scores, likelihood_signals, signals_of


@dataclass(frozen=True, slots=True)
class Decision:
    """Decides by the check of a draft, and by how probable its rightness is.

    ``calibration``: None where nobody knows how to tell. ``minimum_confidence``: an answer with less is
    withheld; None for the calibration's own threshold. ``check``: what only says the question again is, too.
    """

    analyzer: TermAnalyzer
    calibration: Calibration | None = None
    minimum_confidence: float | None = None
    check: bool = True

    def answer(
        self,
        checked: Checked,
        draft: Answer,
        evidence: Sequence[Evidence],
        wording: Wording,
        clock: Clock,
        declining: float | None = None,
    ) -> Answer:
        """The answer or the decline that ``draft``, the answer so far, becomes.

        ``declining``: how likely the generator was to decline, None where it wasn't asked.
        """
        written, resolved = checked.draft, checked.resolved
        draft = replace(draft, trace=written.trace)
        if not written.text.strip():
            return decline(draft, wording, "wrote nothing", clock)
        if is_decline(written.text):
            return decline(draft, wording, "found no answer", clock)
        objection, detail = objection_to(resolved), ""
        ours = self.check and draft.origin == "generated"
        if objection is None and ours and only_restates(resolved.text, draft.question, self.analyzer):
            objection = "only restates"
        signals = signals_of(
            draft.trace.query,
            evidence,
            candidate_scores(draft.trace),
            resolved,
            written.likelihoods,
            declining,
            analyzer=self.analyzer,
        )
        if written.trace.found is not None:
            # Of what was written by itself: what was found agrees with itself when it stands in its place.
            replaced = written.text == written.trace.found
            own = written.trace.first_draft if replaced else resolved.text
            told = agreement(own, written.trace.found, self.analyzer)
            signals = {
                **signals,
                "agreement": told,
                **likelihood_signals(written.found_likelihoods, "found "),
            }
        trace = replace(
            draft.trace,
            dropped_citations=resolved.dropped,
            removed=draft.trace.removed or resolved.removed,
            signals=signals,
        )
        confidence = self.calibration.probability(signals) if self.calibration is not None else None
        if objection is None and self._is_doubtful(confidence):
            objection, detail = "not sure enough", f"{confidence:.0%}"
        if objection is not None:
            return decline(replace(draft, trace=trace), wording, objection, clock, detail)
        return replace(
            draft,
            confidence=confidence,
            text=resolved.text,
            sentences=resolved.sentences,
            citations=resolved.citations,
            trace=replace(trace, total_ms=clock.elapsed_ms()),
        )

    def _is_doubtful(self, confidence: float | None) -> bool:
        """Whether an answer of that confidence is to be withheld."""
        if confidence is None or self.calibration is None:
            return False
        least = self.calibration.threshold if self.minimum_confidence is None else self.minimum_confidence
        return confidence < least
