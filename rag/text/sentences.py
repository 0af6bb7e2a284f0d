"""Sentence boundaries in Chinese and English, as exact spans.

Follows the rules of Unicode Standard Annex #29 in spirit (terminators, closing marks, no break inside
numbers) with what these two languages need on top: Chinese terminators need no space after them, English
abbreviations and initials don't end a sentence, and a line end counts only where it isn't a wrapped line.
"""

import re
import unicodedata
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of code points."""

    start: int
    end: int


CELL = re.compile(r"\s\|(?:\s|$)")  # between the cells of a table's row

_CLOSING = "\"'”’」』】）)]》〉›»*_"
_TERMINATOR = re.compile(
    rf"[。！？!?…]+[{re.escape(_CLOSING)}]*"  # Chinese and emphatic terminators
    rf"|[；;](?=\s*\n)"
    rf"|(?<!\.)\.++[{re.escape(_CLOSING)}]*+(?=\s|$)"  # an English full stop is followed by white space
)
_INITIALS = re.compile(r"(?:^|[^\w.])(?:[A-Z]\.){2,5}$")  # "the R.F.C. de Liège" is one sentence
_BLANK_LINE = re.compile(r"\n[ \t\u3000]*\n")
_LINE_END = re.compile(r"\n")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"'])(?:[A-Z]|[a-z]\.[a-z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Figs|Eq|Sec|Art|Vol|Inc|Ltd|Co|Corp|"
    r"vs|etc|e\.g|i\.e|cf|al|approx|Dept|U\.S|U\.K|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.$"
)
_NEW_ITEM = re.compile(
    r"[ \t\u3000]*(?:[-*+•·●○■◆▪–—]\s|\(?\d{1,3}[.)、）．]"
    r"|[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、"
    r"|#{1,6}\s|\||>|[QA问答][:：.．、]|第[一二三四五六七八九十百\d]+[条章节款]|```)"
)
_WRAPPED_WIDTH = 50  # columns; a shorter line that ends without a terminator was ended on purpose


def split_sentences(text: str, *, rows: bool = False) -> list[Span]:
    """The sentences of a text, as spans without surrounding white space, in order and not overlapping.

    Together they cover every character that isn't white space. Blank lines always end a sentence; a single
    line end does unless it looks like a wrapped line (a long line without a terminator, followed by text that
    doesn't start a list item or a heading). With ``rows`` what stands before a table's row has ended too.
    """
    ends = set(_terminator_ends(text))
    ends.update(match.start() for match in _BLANK_LINE.finditer(text))
    for match in _LINE_END.finditer(text):
        if not _is_wrap(text, match.start()) or (rows and _is_row(text, match.end())):
            ends.add(match.start())
    ends.add(len(text))
    spans: list[Span] = []
    start = 0
    for end in sorted(ends):
        span = _trim(text, start, end)
        if span.end > span.start:
            spans.append(span)
        start = end
    return spans


def _terminator_ends(text: str) -> list[int]:
    ends = []
    for match in _TERMINATOR.finditer(text):
        if match.group().startswith("."):
            if _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start() + 1]):
                continue
            if _follows_list_number(text, match.start()):
                continue
            if _INITIALS.search(text[max(0, match.start() - 12) : match.end()]) and _goes_on(
                text, match.end()
            ):
                continue
        ends.append(match.end())
    return ends


def _goes_on(text: str, end: int) -> bool:
    """Whether the sentence goes on after a full stop: with a small letter, on the same line."""
    after = text[end : end + 2]
    return after[:1] in (" ", "\u00a0") and after[1:].islower()


def _follows_list_number(text: str, dot: int) -> bool:
    """Whether the dot belongs to a list number such as "12." at the start of a line."""
    before = text[max(0, dot - 8) : dot]
    line = before.rpartition("\n")[2] if "\n" in before else before if dot <= 8 else ""
    return line.strip().isdigit()


def _is_wrap(text: str, newline: int) -> bool:
    line = text[text.rfind("\n", 0, newline) + 1 : newline].rstrip()
    following = text[newline + 1 : newline + 41]
    if not line or not following.strip() or following[0] == "\n":
        return False
    if line.lstrip().startswith(("#", "|")) or _NEW_ITEM.match(following):
        return False
    return _columns(line[:_WRAPPED_WIDTH]) >= _WRAPPED_WIDTH and line[-1] not in "。！？!?；;:："


def _is_row(text: str, start: int) -> bool:
    """Whether the line that begins there is a table's row."""
    end = text.find("\n", start)
    return CELL.search(text, start, end if end >= 0 else len(text)) is not None


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
