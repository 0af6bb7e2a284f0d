"""Turns answers into HTML. Pure functions: no widgets, no state.

Documents and generated text are data: every character of them is escaped, none is read as HTML or Markdown.
A citation mark is a button that opens a native popover of the browser (the Popover API of the HTML standard),
so it works with the keyboard, while the server is busy, and without scripts.
"""

import re
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from langchain_core.documents import Document

from rag.answer import Answer, Citation, Sentence
from rag.passage import metadata_of
from rag.presenting.explanation import is_weak
from rag.text.language import language_of
from rag.text.sentences import Span
from ui.verdict import nearest_html, weak_mark_html, weak_note_html
from ui.wording import Wording

_MARK = re.compile(r"\[(\d+)\]")
_HALF_MARK = re.compile(r"\s?\[\d*$")
_OPENING = 120  # characters of a passage's text in the list; the page cuts them to what fits


def place(passage: Document, wording: Wording) -> str:
    """Where a passage stands, as plain text: ``manual.pdf, page 3``."""
    metadata = metadata_of(passage)
    if metadata["page"] is None:
        return metadata["source"]
    return metadata["source"] + wording.page.format(page=metadata["page"])


def title_html(wording: Wording) -> str:
    """The page's title."""
    return f'<h1 class="wj-title">{escape(wording.name)}<small>{escape(wording.tagline)}</small></h1>'


def welcome_html(wording: Wording) -> str:
    """What stands on the page before the first question."""
    return f'<p class="wj-welcome">{escape(wording.welcome)}</p>'


def question_html(question: str) -> str:
    """A question as it was asked."""
    return f'<div class="wj-question" lang="{lang_of(question)}">{escape(question)}</div>'


def answer_html(answer: Answer, wording: Wording, key: str) -> str:
    """A finished answer: its text with citation marks, the places cited, and the panels that the marks open.

    ``key`` makes the panels' ids unique on the page.
    """
    if answer.abstained:
        return _declined(answer, wording)
    cited = _by_number(answer.citations)
    parts: list[str] = []
    for sentence, text_before in _with_gaps(answer):
        parts.append(escape(text_before))
        parts.append(_sentence(sentence, cited, wording, key))
        if is_weak(sentence, answer):
            parts.append(weak_mark_html(wording, key))
    end = answer.sentences[-1].end if answer.sentences else 0
    parts.append(escape(answer.text[end:]))
    html = f'<div class="wj-text" lang="{lang_of(answer.text)}">{"".join(parts)}</div>'
    html += weak_note_html(answer, wording, key)
    if any(not sentence.citations for sentence in answer.sentences):
        html += f'<p class="wj-note">{escape(wording.uncited)}</p>'
    if cited:
        places = "".join(
            f'<li><button type="button" class="wj-place" popovertarget="{_panel_id(key, number)}">'
            f'<span class="wj-number">{number}</span>{escape(place(group[0].passage, wording))}</button></li>'
            for number, group in sorted(cited.items())
        )
        html += f'<ul class="wj-places" aria-label="{escape(wording.cited)}">{places}</ul>'
        html += "".join(_panel(group, wording, key) for _, group in sorted(cited.items()))
    return f'<div class="wj-answer">{html}</div>'


def draft_html(answer: Answer) -> str:
    """The text written so far. Its marks aren't resolved yet, so they open nothing."""
    text = _draft(_HALF_MARK.sub("", answer.text))
    return (
        f'<div class="wj-answer"><div class="wj-text wj-draft" lang="{lang_of(answer.text)}">{text}'
        '<span class="wj-caret" aria-hidden="true"></span></div></div>'
    )


def stopped_html(text: str, wording: Wording) -> str:
    """What there was of an answer when it was stopped, and that it was."""
    note = wording.stopped if text else wording.stopped_early
    body = f'<div class="wj-text wj-draft" lang="{lang_of(text)}">{_draft(text)}</div>' if text else ""
    return f'<div class="wj-answer wj-stopped">{body}<p class="wj-note">{escape(note)}</p></div>'


def draft_note_html(wording: Wording) -> str:
    """Says that what is being shown is a draft until it is checked."""
    return (
        f'<p class="wj-note" role="status"><span class="wj-badge">{escape(wording.draft)}</span>'
        f"{escape(wording.draft_hint)}</p>"
    )


def progress_html(text: str) -> str:
    """A line that says what is being done."""
    return f'<p class="wj-progress" role="status">{escape(text)}<span class="wj-dots"></span></p>'


def passages_html(passages: Sequence[Document], wording: Wording) -> str:
    """The passages found, each a row that unfolds to its text."""
    rows = []
    for number, passage in enumerate(passages, start=1):
        metadata = metadata_of(passage)
        parts = [" › ".join(metadata["heading"]), " ".join(passage.page_content[:_OPENING].split())]
        about = " · ".join(part for part in parts if part)
        rows.append(
            f'<details class="wj-passage"><summary><span class="wj-number">{number}</span>'
            f"<strong>{escape(place(passage, wording))}</strong>"
            f'<span class="wj-heading">{escape(about)}</span></summary>'
            f"{_context(passage)}{_body(passage, ())}</details>"
        )
    return f'<div class="wj-passages">{"".join(rows)}</div>'


def timing_html(answer: Answer, wording: Wording) -> str:
    """How long the answer took."""
    trace = answer.trace
    seconds = {"retrieve": f"{trace.retrieve_ms / 1000:.2f}", "total": f"{trace.total_ms / 1000:.1f}"}
    if trace.first_token_ms is None:
        text = wording.timing.format(**seconds)
    else:
        text = wording.timing_first.format(first=f"{trace.first_token_ms / 1000:.1f}", **seconds)
    return f'<p class="wj-timing">{escape(text)}</p>'


def filter_html(filter: str, label: str) -> str:
    """A line that says which filter is set, or was."""
    return (
        f'<p class="wj-note wj-filter" role="note"><span class="wj-badge">{escape(label)}</span>'
        f"{escape(filter)}</p>"
    )


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values, as the sidebar lists them."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="wj-facts">{rows}</dl>'


def highlight(text: str, spans: Sequence[Span]) -> str:
    """Escaped text with the spans (code points, in any order, possibly overlapping) marked."""
    cuts = sorted({0, len(text), *(min(max(edge, 0), len(text)) for span in spans for edge in span)})
    html = ""
    open_mark = False
    for start, end in pairwise(cuts):
        inside = any(span.start <= start and end <= span.end for span in spans)
        if inside != open_mark:
            html += "<mark>" if inside else "</mark>"
            open_mark = inside
        html += escape(text[start:end])
    return html + ("</mark>" if open_mark else "")


def _draft(text: str) -> str:
    return _MARK.sub(r'<span class="wj-pending">\1</span>', escape(text))


def _declined(answer: Answer, wording: Wording) -> str:
    reason = wording.reason.format(reason=wording.why(answer)) if answer.reason else ""
    return (
        f'<div class="wj-answer wj-declined"><p class="wj-declined-label">{escape(wording.declined)}</p>'
        f'<div class="wj-text" lang="{lang_of(answer.text)}">{escape(answer.text)}</div>'
        f'<p class="wj-note">{escape(reason)}</p>{nearest_html(answer, wording)}</div>'
    )


def _with_gaps(answer: Answer) -> list[tuple[Sentence, str]]:
    """Each sentence with the text between the one before and it."""
    previous = 0
    pairs = []
    for sentence in answer.sentences:
        pairs.append((sentence, answer.text[previous : sentence.start]))
        previous = sentence.end
    return pairs


def _sentence(sentence: Sentence, cited: dict[int, list[Citation]], wording: Wording, key: str) -> str:
    if not sentence.citations:
        return f'<span class="wj-uncited">{escape(sentence.text)}</span>'
    marks = "".join(f"[{number}]" for number in sentence.citations)
    # The marks stand at the sentence's end. The same characters further left are the text's own.
    head, found, tail = sentence.text.rpartition(marks)
    if not found:
        return escape(sentence.text)
    buttons = "".join(
        _mark(number, cited[number][0], wording, key) if number in cited else escape(f"[{number}]")
        for number in sentence.citations
    )
    return f'{escape(head.rstrip())}<span class="wj-marks">{buttons}</span>{escape(tail)}'


def _mark(number: int, citation: Citation, wording: Wording, key: str) -> str:
    label = wording.open_citation.format(number=number, place=place(citation.passage, wording))
    return (
        f'<button type="button" class="wj-mark" popovertarget="{_panel_id(key, number)}" '
        f'aria-label="{escape(label)}" title="{escape(place(citation.passage, wording))}">{number}</button>'
    )


def _panel(group: Sequence[Citation], wording: Wording, key: str) -> str:
    """The passage that a mark opens, with all its quotes marked."""
    first = group[0]
    metadata = metadata_of(first.passage)
    offset = metadata["start"]
    spans = [Span(citation.start - offset, citation.end - offset) for citation in group]
    identifier = _panel_id(key, first.number)
    where = place(first.passage, wording)
    facts = [" › ".join(metadata["heading"])]
    if metadata["modified"]:
        facts.append(wording.dated.format(date=metadata["modified"][:10]))
    ranges = wording.separator.join(f"{each.start + 1}–{each.end}" for each in group)
    facts.append(wording.quoted.format(spans=ranges))
    return (
        f'<div popover="auto" id="{identifier}" class="wj-panel" role="dialog" aria-label="{escape(where)}">'
        f'<div class="wj-panel-head"><span class="wj-number">{first.number}</span>'
        f"<strong>{escape(where)}</strong>"
        f'<button type="button" class="wj-close" popovertarget="{identifier}" popovertargetaction="hide" '
        f'aria-label="{escape(wording.close)}">×</button></div>'
        f'<p class="wj-note">{escape(" · ".join(fact for fact in facts if fact))}</p>'
        f"{_context(first.passage)}{_body(first.passage, spans)}</div>"
    )


def _context(passage: Document) -> str:
    """A table's header, without which its rows say little."""
    metadata = metadata_of(passage)
    outline = set(metadata["heading"])
    # The title and the headings stand elsewhere already.
    lines = [line for line in metadata["context"].splitlines() if not outline.issuperset(line.split(" > "))]
    if metadata["kind"] != "table" or not lines:
        return ""
    return f'<p class="wj-context">{escape(chr(10).join(lines))}</p>'


def _body(passage: Document, spans: Sequence[Span]) -> str:
    text = highlight(passage.page_content, spans)
    return f'<blockquote lang="{lang_of(passage.page_content)}">{text}</blockquote>'


def _by_number(citations: Sequence[Citation]) -> dict[int, list[Citation]]:
    groups: dict[int, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.number, []).append(citation)
    return groups


def _panel_id(key: str, number: int) -> str:
    return f"wj-{key}-{number}"


def lang_of(text: str) -> str:
    """The value of the ``lang`` attribute of an element that holds the text."""
    language = language_of(text)
    return "zh-Hans" if language == "zh" else language
