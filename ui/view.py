"""Turns answers into HTML. Pure functions: no widgets, no state.

A citation mark is a button that opens a native popover of the browser (the Popover API of the HTML standard),
so it works with the keyboard, while the server is busy, and without scripts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from langchain_core.documents import Document

from rag.answer import Answer, Citation, Sentence
from rag.passage import metadata_of
from rag.presenting.explanation import is_weak
from rag.text.marks import MARK
from rag.text.sentences import Span
from ui.rendering import one_line, render
from ui.wording import Wording

_HALF_MARK = re.compile(r"\s?\[\d*$")
_OPENING = 120  # characters of a passage's text in the list; the page cuts them to what fits
_CODE_SPAN = re.compile(r"(`[^`\n]+`)")
_SYMBOLS = re.compile(r"(\S*(?:--|->|<-|>=|<=|~=)\S*)")
_OPTION = re.compile(r"(?<!\S)(--\w+)")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

Stretch = tuple[str, bool]  # of a text, and whether it is marked


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an answer's text: what comes before its marks, the marks' numbers, what comes after."""

    text: str
    numbers: tuple[int, ...] = ()
    rest: str = ""
    uncited: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it is shown: what is said of it, a table's header, its text with the quotes marked."""

    passage: Document
    facts: tuple[str, ...]
    header: str
    stretches: tuple[Stretch, ...]


def title_html(wording: Wording) -> str:
    """The page's title."""
    return render("view", "title", wording=wording)


def welcome_html(wording: Wording) -> str:
    """What stands on the page before the first question."""
    return render("view", "welcome", wording=wording)


def question_html(question: str) -> str:
    """A question as it was asked."""
    return render("view", "question", text=question)


def answer_html(answer: Answer, wording: Wording, key: str) -> str:
    """A finished answer: its text with citation marks, the places cited, and the panels that the marks open.

    ``key`` makes the panels' ids unique on the page.
    """
    if answer.abstained:
        return render("view", "declined", answer=answer, wording=wording)
    pieces = list(_pieces(answer))
    panels = {
        number: _panel(group, wording) for number, group in sorted(_by_number(answer.citations).items())
    }
    return render("view", "answer", answer=answer, wording=wording, key=key, pieces=pieces, panels=panels)


def draft_html(answer: Answer) -> str:
    """The text written so far. Its marks aren't resolved yet, so they open nothing."""
    stretches = _split(MARK, _HALF_MARK.sub("", answer.text))
    return render("view", "draft", text=answer.text, stretches=stretches)


def stopped_html(text: str, wording: Wording) -> str:
    """What there was of an answer when it was stopped, and that it was."""
    return render("view", "stopped", text=text, stretches=_split(MARK, text), wording=wording)


def draft_note_html(wording: Wording) -> str:
    """Says that what is being shown is a draft until it is checked."""
    return render("view", "draft_note", wording=wording)


def progress_html(text: str) -> str:
    """A line that says what is being done."""
    return render("view", "progress", text=text)


def passages_html(passages: Sequence[Document], wording: Wording) -> str:
    """The passages found, each a row that unfolds to its text."""
    rows = []
    for passage in passages:
        facts = (" › ".join(metadata_of(passage)["heading"]), one_line(passage.page_content[:_OPENING]))
        rows.append(_shown(passage, facts))
    return render("view", "passages", rows=rows, wording=wording)


def timing_html(answer: Answer, wording: Wording) -> str:
    """How long the answer took."""
    trace = answer.trace
    seconds = {"retrieve": f"{trace.retrieve_ms / 1000:.2f}", "total": f"{trace.total_ms / 1000:.1f}"}
    if trace.first_token_ms is None:
        text = wording.timing.format(**seconds)
    else:
        text = wording.timing_first.format(first=f"{trace.first_token_ms / 1000:.1f}", **seconds)
    return render("view", "timing", text=text)


def filter_html(filter: str, label: str) -> str:
    """A line that says which filter is set, or was."""
    return render("view", "filter", text=filter, label=label)


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values, as the sidebar lists them."""
    return render("view", "facts", facts=facts)


def saved_html(said: str, lead: str, command: str) -> str:
    """Says that a question was saved, and with which command it is asked; no option breaks at a line end."""
    return render("view", "saved", said=said, lead=lead, command=_split(_OPTION, command))


def highlight(text: str, spans: Sequence[Span]) -> str:
    """Escaped text with the spans (code points, in any order, possibly overlapping) marked."""
    return render("view", "marked", stretches=_stretches(text, spans))


def as_markdown(message: str) -> str:
    """Markdown that shows a message as it is: code in backticks stays code, all else is plain text."""
    parts = []
    for index, part in enumerate(_CODE_SPAN.split(message)):
        if index % 2:
            parts.append(part)
            continue
        for position, piece in enumerate(_SYMBOLS.split(part)):
            # Streamlit writes "--" in text as a dash, which would spoil an option's name.
            symbols = position % 2 and "`" not in piece
            parts.append(f"`{piece}`" if symbols else _PUNCTUATION.sub(r"\\\1", piece))
    return "".join(parts)


def _stretches(text: str, spans: Sequence[Span]) -> tuple[Stretch, ...]:
    """The text cut where marks begin and end."""
    cuts = sorted({0, len(text), *(min(max(edge, 0), len(text)) for span in spans for edge in span)})
    stretches: list[Stretch] = []
    for start, end in pairwise(cuts):
        inside = any(span.start <= start and end <= span.end for span in spans)
        if stretches and stretches[-1][1] == inside:
            stretches[-1] = (stretches[-1][0] + text[start:end], inside)
        else:
            stretches.append((text[start:end], inside))
    return tuple(stretches)


def _split(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """Pairs of text and what the pattern's group found after it; the last pair has no such thing."""
    parts = [*pattern.split(text), ""]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _pieces(answer: Answer) -> Iterator[Piece]:
    """The whole text of an answer, sentence by sentence."""
    previous = 0
    for sentence in answer.sentences:
        yield Piece(answer.text[previous : sentence.start])
        yield _piece(sentence, is_weak(sentence, answer))
        previous = sentence.end
    yield Piece(answer.text[previous:])


def _piece(sentence: Sentence, weak: bool) -> Piece:
    if not sentence.citations:
        return Piece(sentence.text, uncited=True, weak=weak)
    # The marks stand at the sentence's end. The same characters further left are the text's own.
    head, found, tail = sentence.text.rpartition("".join(f"[{number}]" for number in sentence.citations))
    if not found:
        return Piece(sentence.text, weak=weak)
    return Piece(head.rstrip(), sentence.citations, tail, weak=weak)


def _panel(group: Sequence[Citation], wording: Wording) -> Shown:
    """The passage of citations, with all its quotes marked."""
    passage = group[0].passage
    metadata = metadata_of(passage)
    offset = metadata["start"]
    dated = wording.dated.format(date=metadata["modified"][:10]) if metadata["modified"] else ""
    ranges = wording.separator.join(f"{each.start + 1}–{each.end}" for each in group)
    facts = (" › ".join(metadata["heading"]), dated, wording.quoted.format(spans=ranges))
    return _shown(passage, facts, [Span(each.start - offset, each.end - offset) for each in group])


def _shown(passage: Document, facts: Sequence[str], spans: Sequence[Span] = ()) -> Shown:
    said = tuple(fact for fact in facts if fact)
    return Shown(passage, said, _header(passage), _stretches(passage.page_content, spans))


def _header(passage: Document) -> str:
    """A table's header; empty where the passage is no table or its context says no more than its headings."""
    metadata = metadata_of(passage)
    if metadata["kind"] != "table":
        return ""
    outline = set(metadata["heading"])
    # The title and the headings stand elsewhere already.
    lines = [line for line in metadata["context"].splitlines() if not outline.issuperset(line.split(" > "))]
    return "\n".join(lines)


def _by_number(citations: Sequence[Citation]) -> dict[int, list[Citation]]:
    groups: dict[int, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.number, []).append(citation)
    return groups
