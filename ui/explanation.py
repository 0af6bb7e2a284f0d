"""How an answer came about, as HTML: what was found and dropped, what was read and written, the times."""

from collections.abc import Iterator
from math import floor

from rag.answer import Answer
from rag.presenting.explanation import stage_tables
from rag.presenting.reasons import engine_text
from ui.explanation_wording import EXPLANATION_WORDINGS, ExplanationWording
from ui.rendering import render
from ui.wording import Wording

_SHOWN = 10  # passages of a stage


def explanation_html(answer: Answer, wording: Wording) -> str:
    """The way from the question to the answer; sections without content are left out."""
    words = EXPLANATION_WORDINGS[wording.language]
    return render(
        "explanation",
        "explanation",
        answer=answer,
        trace=answer.trace,
        wording=wording,
        words=words,
        tables=stage_tables(answer.trace, _SHOWN),
        shown=list(zip(answer.passages, answer.trace.evidence, strict=False)),
        probability=_probability(answer),
        engine=engine_text(answer.trace.engine, answer.trace.engine_reason, wording.language),
        times=list(_times(answer, words)),
    )


def _probability(answer: Answer) -> str:
    """In per cent, rounded down, for 0.998 isn't certainty; also of an answer that was withheld for it."""
    if answer.confidence is not None:
        return f"{floor(round(answer.confidence * 100, 6))} %"
    reason = answer.reason
    return reason.detail if reason is not None and reason.code == "not sure enough" else ""


def _times(answer: Answer, words: ExplanationWording) -> Iterator[str]:
    trace = answer.trace
    times = (
        (words.search, trace.retrieve_ms),
        (words.first_word, trace.first_token_ms),
        (words.writing, trace.generate_ms or None),
        (words.total, trace.total_ms),
    )
    for name, milliseconds in times:
        if milliseconds is not None:
            yield f"{name} {words.seconds.format(seconds=f'{milliseconds / 1000:.2f}')}"
