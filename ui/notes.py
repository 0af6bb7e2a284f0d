"""Lines beside an answer: what its question was understood as, what of the documents wasn't read, as HTML."""

from html import escape

from rag.answer import Answer
from ui.view import lang_of
from ui.wording import Wording

_SHOWN = 120  # characters of a sentence that wasn't read


def understood_html(answer: Answer, wording: Wording) -> str:
    """What a question that leans on the conversation was understood as; empty where it stood alone."""
    if answer.standalone is None:
        return ""
    return (
        f'<p class="wj-understood"><span>{escape(wording.understood)}</span>'
        f'<span lang="{lang_of(answer.standalone)}">{escape(answer.standalone)}</span></p>'
    )


def withheld_html(answer: Answer, wording: Wording) -> str:
    """Says which sentences of the documents weren't read, since they are orders to an assistant."""
    if not answer.trace.withheld:
        return ""
    orders = wording.separator.join(_shortened(each) for each in answer.trace.withheld)
    return f'<p class="wj-note wj-withheld" role="note">{escape(wording.withheld.format(orders=orders))}</p>'


def _shortened(text: str) -> str:
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}”"
