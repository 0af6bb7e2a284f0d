"""The lines of a PDF page, with where they stand and how large their type is."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pypdf import PageObject

from ingest.normalization import normalize_line
from ingest.parsers.encoding import plausibility

_SOFT_HYPHEN_AT_END = re.compile("\u00ad\\s*$")  # where a line was broken; elsewhere they are dropped
_LATIN_1 = re.compile("[\u0080-\u00ff]")
_SPACE_IN_LATIN_1 = re.compile("(?<=[\u0080-\u00ff]) (?=[\u0080-\u00ff])")
_MOJIBAKE = 0.5


class Line(NamedTuple):
    """A line of text, where it begins (points from the lower left), and the size of its type."""

    text: str
    x: float = 0.0
    y: float = 0.0
    size: float = 0.0


def read_lines(page: PageObject) -> list[Line]:
    """The page's lines, normalized, in the order of its content; blank ones, which part paragraphs, too."""
    fragments: list[Line] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = (tm[2] ** 2 + tm[3] ** 2) ** 0.5 * (cm[2] ** 2 + cm[3] ** 2) ** 0.5
        fragments.append(Line(text, x, y, round(abs(size * scale), 1)))

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
    return normalize_line(repair_mojibake(_SOFT_HYPHEN_AT_END.sub("-", text)))


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
