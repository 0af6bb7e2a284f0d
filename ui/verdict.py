"""What is said of an answer beside its words, as HTML: how sure it is, what is weak, what came near."""

from html import escape

from rag.answer import Answer
from rag.passage import metadata_of
from rag.presenting.explanation import is_weak, nearest
from ui.wording import Wording


def confidence_html(answer: Answer, wording: Wording) -> str:
    """How sure it is that the answer is right; empty where that isn't known or nothing was answered."""
    if answer.confidence is None or answer.abstained:
        return ""
    text = escape(wording.confidence(answer.confidence))
    return f'<span class="wj-confidence" title="{escape(wording.confidence_hint)}">{text}</span>'


def weak_mark_html(wording: Wording, key: str) -> str:
    """The mark of a sentence that is only partly supported; it opens the note that says so."""
    hint = escape(wording.weak)
    return (
        f'<button type="button" class="wj-weak" popovertarget="{_weak_id(key)}" '
        f'aria-label="{hint}" title="{hint}"></button>'
    )


def weak_note_html(answer: Answer, wording: Wording, key: str) -> str:
    """The note that the marks of an answer open; empty where it has none."""
    if not any(is_weak(sentence, answer) for sentence in answer.sentences):
        return ""
    return f'<div popover="auto" id="{_weak_id(key)}" class="wj-panel wj-hint">{escape(wording.weak)}</div>'


def nearest_html(answer: Answer, wording: Wording) -> str:
    """What the documents nearest to a declined question are about; empty where none was found."""
    rows = "".join(
        f'<li>{escape(" › ".join(near.about))}<span class="wj-source">'
        f"{escape(metadata_of(near.passage)['source'])}</span></li>"
        for near in nearest(answer)
    )
    if not rows:
        return ""
    return f'<p class="wj-note">{escape(wording.nearest)}</p><ul class="wj-nearest">{rows}</ul>'


def _weak_id(key: str) -> str:
    return f"wj-{key}-weak"
