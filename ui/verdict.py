"""What is said of an answer beside its words, as HTML: how sure it is, how it was understood."""

from rag.answer import Answer
from ui.rendering import render
from ui.wording import Wording

_SHOWN = 120  # characters of a sentence that wasn't read


def confidence_html(answer: Answer, wording: Wording) -> str:
    """How sure it is that the answer is right; empty where that isn't known or nothing was answered."""
    if answer.confidence is None or answer.abstained:
        return ""
    return render("verdict", "confidence", answer=answer, wording=wording)


def understood_html(answer: Answer, wording: Wording) -> str:
    """What a question that leans on the conversation was understood as; empty where it stood alone."""
    if answer.standalone is None:
        return ""
    return render("verdict", "understood", text=answer.standalone, wording=wording)


def withheld_html(answer: Answer, wording: Wording) -> str:
    """Says which sentences of the documents weren't read, since they are orders to an assistant."""
    if not answer.trace.withheld:
        return ""
    orders = wording.separator.join(_shortened(each) for each in answer.trace.withheld)
    return render("verdict", "withheld", orders=orders, wording=wording)


def curated_html(answer: Answer, wording: Wording) -> str:
    """Says of an answer that it is a curated one, or shows the curated one that may be meant; else empty."""
    if answer.curated is None:
        return ""
    macro = "curated" if answer.origin == "faq" else "suggested"
    return render("verdict", macro, entry=answer.curated, wording=wording)


def _shortened(text: str) -> str:
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}”"
