"""Declining to answer: when a draft must not be shown, and what is shown instead."""

import time
from dataclasses import replace

from rag.answer import Answer, ReasonCode
from rag.answering.citing import Resolved
from rag.answering.prompt import Wording, wording_for
from rag.presenting.reasons import phrase

# Something was written and taken back: what the documents hold isn't known by that.
_TAKEN_BACK: frozenset[ReasonCode] = frozenset({"unsupported", "only restates", "not sure enough"})


class Clock:
    """Milliseconds since a question was asked."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def elapsed_ms(self) -> float:
        """How many, to a thousandth."""
        return round((time.perf_counter() - self._start) * 1000, 3)


def objection_to(resolved: Resolved) -> ReasonCode | None:
    """Why the generated text must not be shown as an answer, or None."""
    if resolved.sentences:
        return None
    return "unsupported" if resolved.removed else "wrote no sentence"


def decline(draft: Answer, wording: Wording, reason: ReasonCode, clock: Clock, detail: str = "") -> Answer:
    """The draft as a refusal, for a reason, that names the documents that come nearest."""
    sources = list(dict.fromkeys(str(passage.metadata["source"]) for passage in draft.passages))[:3]
    separator = "、" if wording is wording_for("zh") else ", "
    text = wording.withheld if reason in _TAKEN_BACK else wording.decline
    if sources:
        space = "" if wording is wording_for("zh") else " "
        end = "。" if wording is wording_for("zh") else "."
        text += f"{space}{wording.nearest}{separator.join(sources)}{end}"
    return replace(
        draft,
        text=text,
        sentences=(),
        citations=(),
        abstained=True,
        reason=phrase(reason, "en", detail),
        reason_code=reason,
        trace=replace(draft.trace, total_ms=clock.elapsed_ms()),
    )
