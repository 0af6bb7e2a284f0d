"""Declining to answer: when a draft must not be shown, and what is shown instead."""

import time
from collections.abc import Sequence
from dataclasses import replace

from langchain_core.documents import Document

from rag.answer import Answer, ReasonCode
from rag.answering.prompt import Wording, wording_for
from rag.answering.resolution import Resolved
from rag.reasons import phrase

_MINIMUM_SUPPORT = 0.25  # an answer with less shares next to nothing with the documents


class Clock:
    """Milliseconds since a question was asked."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def elapsed_ms(self) -> float:
        """How many, to a thousandth."""
        return round((time.perf_counter() - self._start) * 1000, 3)


def objection_to(resolved: Resolved, passages: Sequence[Document], wording: Wording) -> ReasonCode | None:
    """Why the generated text must not be shown as an answer, or None."""
    if not resolved.sentences:
        return "wrote no sentence"
    same_language = any(
        (passage.metadata["lang"] == "zh") == (wording is wording_for("zh")) for passage in passages
    )
    best = max(sentence.support or 0.0 for sentence in resolved.sentences)
    if best < _MINIMUM_SUPPORT and (same_language or not resolved.citations):
        return "unsupported"
    return None


def decline(draft: Answer, wording: Wording, reason: ReasonCode, clock: Clock, detail: str = "") -> Answer:
    """The draft as a refusal, for a reason, that names the documents that come nearest."""
    sources = list(dict.fromkeys(str(passage.metadata["source"]) for passage in draft.passages))[:3]
    separator = "、" if wording is wording_for("zh") else ", "
    text = wording.decline
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
