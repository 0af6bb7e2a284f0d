"""The lines of a PDF page, with where they stand and how large their type is."""

import re
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject

from ingest.normalization import normalize_line
from ingest.parsers.encoding import plausibility
from ingest.parsers.page_lines import Line

_SOFT_HYPHEN_AT_END = re.compile("\u00ad\\s*$")  # where a line was broken; elsewhere they are dropped
_LATIN_1 = re.compile("[\u0080-\u00ff]")
_SPACE_IN_LATIN_1 = re.compile("(?<=[\u0080-\u00ff]) (?=[\u0080-\u00ff])")
_MOJIBAKE = 0.5
_STRUCK_TWICE = 1.0  # points: text drawn again so near is a printer's way to bold type, not more text
_RECENT = 8  # fragments among which the first of the two is looked for
_SHORTEST_STRUCK = 4  # characters; pieces of a table may be alike and of unknown place
_SHORTEST_DOUBLED = 12  # characters of a line whose every one is double; Chinese doubles a few by itself


def read_lines(page: PageObject) -> list[Line]:
    """The page's lines, normalized, in the order of its content; blank ones, which part paragraphs, too."""
    fragments: list[Line] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = (tm[2] ** 2 + tm[3] ** 2) ** 0.5 * (cm[2] ** 2 + cm[3] ** 2) ** 0.5
        fragment = Line(text, x, y, round(abs(size * scale), 1))
        if not any(_is_struck_again(fragment, each) for each in fragments[-_RECENT:]):
            fragments.append(fragment)

    page.extract_text(visitor_text=visit)
    return list(_to_lines(fragments))


def _to_lines(fragments: list[Line]) -> Iterator[Line]:
    text = ""
    start: Line | None = None
    for fragment in [*fragments, Line("\n")]:
        first, *rest = fragment.text.split("\n")
        for piece, ends in [(first, bool(rest)), *((each, True) for each in rest[:-1])]:
            text += piece
            if start is None and piece.strip():
                start = fragment
            if ends:
                x, y, size = (start.x, start.y, start.size) if start is not None else (0.0, 0.0, 0.0)
                yield Line(_clean(text), x, y, size)
                text, start = "", None
        if rest and rest[-1]:
            text = rest[-1]
            start = fragment if text.strip() else None


def _clean(text: str) -> str:
    return normalize_line(_undouble(repair_mojibake(_SOFT_HYPHEN_AT_END.sub("-", text))))


def _is_struck_again(fragment: Line, before: Line) -> bool:
    return (
        len(fragment.text.strip()) >= _SHORTEST_STRUCK
        and fragment.text == before.text
        and abs(fragment.x - before.x) < _STRUCK_TWICE
        and abs(fragment.y - before.y) < _STRUCK_TWICE
    )


def _undouble(text: str) -> str:
    """A line in bold type made of each letter drawn twice ("TThhee ppuummpp") with each of them once."""
    words = text.split()
    letters = sum(character.isalpha() for character in text)
    if letters < _SHORTEST_DOUBLED or not all(word[::2] == word[1::2] for word in words):
        return text
    return " ".join(word[::2] for word in words)


def repair_mojibake(text: str) -> str:
    """Text whose GBK bytes were taken for Latin-1 (a font without a Unicode map) made Chinese again."""
    letters = "".join(text.split())
    if len(_LATIN_1.findall(text)) < max(4, _MOJIBAKE * len(letters)):
        return text
    try:
        repaired = _SPACE_IN_LATIN_1.sub("", text).encode("latin-1").decode("gb18030")
    except UnicodeError:
        return text
    return repaired if plausibility(repaired) >= _MOJIBAKE else text
