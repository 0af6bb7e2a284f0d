"""Turns answers into HTML. Pure functions: no widgets, no state.

A citation mark is a button that opens a native popover of the browser (the Popover API of the HTML standard),
so it works with the keyboard, while the server is busy, and without scripts.
"""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from rag.answer import Answer, Citation
from rag.passage import metadata_of
from rag.presenting.explanation import outline
from rag.text.marks import MARK
from rag.text.sentences import Span
from ui.card_wording import CARD_WORDINGS, CardWording
from ui.evidence import Shown, by_number, quotes_of, shown
from ui.rendering import one_line, render
from ui.sentences import pieces
from ui.verdict import declined_html
from ui.wording import Wording

_HALF_MARK = re.compile(r"\s?\[\d*$")
_OPENING = 120  # characters of a passage's text in the list; the page cuts them to what fits
_NAMED = 2  # headings of a passage that its label has
_CODE_SPAN = re.compile(r"(`[^`\n]+`)")
_SYMBOLS = re.compile(r"(\S*(?:--|->|<-|>=|<=|~=)\S*)")
_OPTION = re.compile(r"(?<!\S)(--\w+)")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def title_html(wording: Wording) -> str:
    """The page's title."""
    return render("view", "title", wording=wording)


def question_html(question: str) -> str:
    """A question as it was asked."""
    return render("view", "question", text=question)


def answer_html(answer: Answer, wording: Wording, key: str) -> str:
    """A finished answer: its text with citation marks, what they quote, and the panels that they open.

    ``key`` makes the panels' ids unique on the page.
    """
    words = CARD_WORDINGS[wording.language]
    if answer.abstained:
        return declined_html(answer, wording)
    panels = {number: _panel(group, words) for number, group in by_number(answer.citations).items()}
    return render(
        "view",
        "answer",
        answer=answer,
        wording=wording,
        words=words,
        key=key,
        pieces=list(pieces(answer)),
        quotes=quotes_of(answer),
        panels=panels,
    )


def stopped_html(text: str, wording: Wording) -> str:
    """What there was of an answer when it was stopped, and that it was."""
    words = CARD_WORDINGS[wording.language]
    return render("view", "stopped", text=text, stretches=split_marks(text), words=words)


def passages_html(passages: Sequence[Document], wording: Wording) -> str:
    """The passages found, each a row that unfolds to its text."""
    rows = [shown(each, (one_line(each.page_content[:_OPENING]),)) for each in passages]
    words = CARD_WORDINGS[wording.language]
    return render("evidence", "rows", rows=rows, words=words, language=wording.language)


def filter_html(filter: str, label: str) -> str:
    """A line that says which filter is set, or was."""
    return render("view", "filter", text=filter, label=label)


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values, as the sidebar lists them."""
    return render("view", "facts", facts=facts)


def saved_html(said: str, lead: str, command: str) -> str:
    """Says that a question was saved, and with which command it is asked; no option breaks at a line end."""
    return render("view", "saved", said=said, lead=lead, command=_split(_OPTION, command))


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


def split_marks(text: str) -> list[tuple[str, str]]:
    """A draft cut at its marks, each piece with the mark after it; one that is half written is left out.

    There is a space before a mark, so that no figure runs into it.
    """
    parts = _split(MARK, _HALF_MARK.sub("", text))
    return [
        (f"{before.rstrip()} " if number and before.strip() else before, number and f"[{number}]")
        for before, number in parts
    ]


def _split(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    """Pairs of text and what the pattern's group found after it; the last pair has no such thing."""
    parts = [*pattern.split(text), ""]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _panel(group: Sequence[Citation], words: CardWording) -> Shown:
    """The passage of citations, with all its quotes marked."""
    passage = group[0].passage
    metadata = metadata_of(passage)
    offset = metadata["start"]
    dated = words.dated.format(date=metadata["modified"][:10]) if metadata["modified"] else ""
    path = outline(passage)
    facts = (" › ".join(path) if len(path) > _NAMED else "", dated)
    return shown(passage, facts, [Span(each.start - offset, each.end - offset) for each in group])
