"""What is said of an answer beside its words: how sure it is, what was left out, why there is none."""

from collections.abc import Iterator

from rag.answer import TAKEN_BACK, Answer
from rag.answering.second_reader import says
from rag.presenting.explanation import confidence_words, is_weak, nearest
from rag.presenting.reasons import caution_text, reason_text
from ui.card_wording import CARD_WORDINGS, CardWording
from ui.evidence import shown
from ui.filter_text import filter_text
from ui.rendering import render
from ui.wording import Wording, counted

_SHOWN = 120  # characters of a sentence that wasn't read
_OPEN = 2  # passages of an answer that wasn't sure enough, unfolded
_SURE, _LIKELY, _DOUBTFUL = 0.8, 0.5, 0.0  # the bands of `confidence_words`
# Reasons that say no more than that nothing is answered; those of a draft that was taken back are said there.
_PLAIN = frozenset({"found no answer", "nothing passes", "not known"}) | TAKEN_BACK


def declined_label(answer: Answer, wording: Wording) -> str:
    """Why nothing is answered, in a line: it wasn't found, wasn't found in a part, or isn't sure.

    What was looked for in a part of the documents only isn't said to be missing from all of them.
    """
    words = CARD_WORDINGS[wording.language]
    code = answer.reason.code if answer.reason is not None else None
    if code in TAKEN_BACK:
        return words.unsure
    if answer.filter is None:
        return words.absent
    among = words.nothing_passes if code == "nothing passes" else words.absent_among
    return among.format(filter=filter_text(answer.filter, wording.language))


def declined_html(answer: Answer, wording: Wording) -> str:
    """A declined question: why, and the nearest documents, each once, with the passage that was found."""
    reason = answer.reason
    unsure = reason is not None and reason.code in TAKEN_BACK
    return render(
        "verdict",
        "declined",
        label=declined_label(answer, wording),
        reason="" if reason is None or reason.code in _PLAIN else reason_text(reason, wording.language),
        rows=[shown(each.passage, ()) for each in nearest(answer)],
        open=_OPEN if unsure else 0,
        words=CARD_WORDINGS[wording.language],
        language=wording.language,
    )


def confidence_html(answer: Answer, wording: Wording) -> str:
    """How sure it is that the answer is right; empty where that isn't known or nothing was answered."""
    text = confidence_said(answer, wording)
    return render("verdict", "confidence", text=text) if text else ""


def confidence_said(answer: Answer, wording: Wording) -> str:
    """How sure it is, and on what ground, in words; a curated answer is what somebody wrote."""
    if answer.confidence is None or answer.abstained or answer.origin == "faq":
        return ""
    words = CARD_WORDINGS[wording.language]
    confidence = answer.confidence
    if any(is_weak(each, answer) for each in answer.sentences):
        confidence = min(confidence, _LIKELY)
    if answer.unnamed:
        confidence = min(confidence, _DOUBTFUL)
    return f"{confidence_words(confidence, wording.language)} · {_ground(answer, confidence, words)}"


def caution_html(answer: Answer, wording: Wording) -> str:
    """Says that an answer may be about something else than is asked; empty where nothing says so."""
    text = caution_text(answer.unnamed, wording.language)
    return render("verdict", "caution", text=text) if text else ""


def understood_html(answer: Answer, wording: Wording) -> str:
    """What a question that leans on the conversation was understood as; empty where it stood alone."""
    if answer.standalone is None:
        return ""
    return render("verdict", "understood", text=answer.standalone, words=CARD_WORDINGS[wording.language])


def withheld_html(answer: Answer, wording: Wording) -> str:
    """Says which sentences of the documents weren't read, since they are orders to an assistant."""
    if not answer.trace.withheld:
        return ""
    orders = wording.separator.join(_shortened(each) for each in answer.trace.withheld)
    return render("verdict", "withheld", orders=orders, words=CARD_WORDINGS[wording.language])


def taken_back_html(answer: Answer, wording: Wording) -> str:
    """Says what was written, and perhaps seen, and isn't in the answer; empty where nothing is missing."""
    words = CARD_WORDINGS[wording.language]
    return "".join(
        render("verdict", "taken_back", lead=lead, texts=texts, words=words)
        for lead, texts in _taken_back(answer, words, wording.language)
    )


def covers(answer: Answer) -> bool:
    """Whether the curated entry beside an answer covers the question: the answer rests on the entry, or the
    entry says what was found. How probable the entry is doesn't tell: in a short list the nearest one is
    probable, whatever it says."""
    entry = answer.curated
    if entry is None or answer.abstained or answer.origin == "faq":
        return False
    found = answer.trace.found
    cited = any(each.passage.id == entry.passage.id for each in answer.citations)
    return cited or (bool(found) and says(entry.answer, str(found)))


def covering_html(answer: Answer, wording: Wording) -> str:
    """The curated answer that covers the question, to stand before what was written; else empty."""
    if answer.curated is None or not covers(answer):
        return ""
    words = CARD_WORDINGS[wording.language]
    return render("verdict", "covering", entry=answer.curated, words=words, language=wording.language)


def suggested_html(answer: Answer, wording: Wording) -> str:
    """The curated answer that may be meant, folded; empty where there is none, or it stands elsewhere."""
    if answer.curated is None or answer.origin == "faq" or covers(answer):
        return ""
    words = CARD_WORDINGS[wording.language]
    return render("verdict", "suggested", entry=answer.curated, words=words, language=wording.language)


def _ground(answer: Answer, confidence: float, words: CardWording) -> str:
    documents = {each.number: each.passage.metadata["doc_id"] for each in answer.citations}
    cited = [{documents[number] for number in each.citations} for each in answer.sentences]
    if cited and all(len(each) > 1 for each in cited):
        return words.two_places
    # What a second reader found isn't an agreement where it is the answer itself.
    trace = answer.trace
    if trace.found and not trace.first_draft and says(answer.text, trace.found):
        return words.two_readings if confidence >= _LIKELY else words.one_source_doubt
    if confidence >= _SURE:
        return words.one_source
    return words.one_source_check if confidence >= _LIKELY else words.one_source_doubt


def _taken_back(answer: Answer, words: CardWording, language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    trace = answer.trace
    drafts = tuple(each.strip() for each in (trace.first_draft, trace.draft) if each.strip())
    if answer.abstained:
        if answer.reason is not None and answer.reason.code in TAKEN_BACK and drafts:
            yield reason_text(answer.reason, language), drafts
        return
    if trace.first_draft.strip():
        yield words.replaced, (trace.first_draft.strip(),)
    if trace.removed:
        yield counted(len(trace.removed), words.removed), trace.removed


def _shortened(text: str) -> str:
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}”"
