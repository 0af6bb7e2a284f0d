"""Says of an answer that it is a curated one, or shows the curated one that may be meant, as HTML."""

from html import escape

from rag.answer import Answer
from rag.passage import metadata_of
from rag.text.language import language_of
from ui.wording import Wording


def curated_html(answer: Answer, wording: Wording) -> str:
    """What stands below an answer of its curated entry; empty where it has none."""
    entry = answer.curated
    if entry is None:
        return ""
    question = escape(" ".join(entry.question.split()))
    if answer.origin == "faq":
        return f'<p class="wj-note">{escape(wording.curated)}{question}</p>'
    language = "zh-Hans" if language_of(entry.answer) == "zh" else "en"
    source = escape(metadata_of(entry.passage)["source"])
    return (
        f'<details class="wj-passage"><summary><strong>{escape(wording.suggested)}{question}</strong>'
        f'<span class="wj-heading">{source}</span></summary>'
        f'<div class="wj-text" lang="{language}">{escape(entry.answer)}</div></details>'
    )
