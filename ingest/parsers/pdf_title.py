"""A PDF's title, which its metadata seldom tells truly."""

import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader

from ingest.normalization import normalize_line
from ingest.parsers.blocks import join_lines
from ingest.parsers.pdf_outline import squash

logger = logging.getLogger(__name__)

_FIRST_PAGES = 3
_LENGTHS = range(4, 200)  # characters
_FILE_NAME = re.compile(r"\.[A-Za-z]{2,5}$")
_LINE_END_HYPHEN = re.compile(r"(?<=\w)- (?=\w)")
_MOST_LINES = 6
_LARGER = 1.15  # than the running text


def find_title(reader: PdfReader, texts: Sequence[str]) -> str:
    """The title from the metadata if the first pages bear it out (it is often a template's or a file's name),
    else the first page's text in the largest type, if that is larger than the running text; else "".
    """
    try:
        title = normalize_line(str(reader.metadata.title or "")) if reader.metadata else ""
        borne_out = squash(title) in squash("".join(texts[:_FIRST_PAGES]))
        if len(title) > 1 and borne_out and not _FILE_NAME.search(title):
            return title
        return _as_lines(_largest_text(reader), texts[0].split("\n"))
    except Exception as error:  # a document without a title is still a document
        logger.warning("the title can't be read: %s", error)
        return ""


def _largest_text(reader: PdfReader) -> str:
    runs: list[tuple[float, str]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        if text.strip():
            scale = (tm[2] ** 2 + tm[3] ** 2) ** 0.5 * (cm[2] ** 2 + cm[3] ** 2) ** 0.5
            runs.append((round(size * scale, 1), text))

    reader.pages[0].extract_text(visitor_text=visit)
    characters: Counter[float] = Counter()
    for size, text in runs:
        characters[size] += len(text.strip())
    if len(characters) < 2:
        return ""
    usual = characters.most_common(1)[0][0]
    for largest in sorted(characters, reverse=True)[:2]:
        title = normalize_line("".join(text for size, text in runs if size == largest))
        if largest >= _LARGER * usual and len(title) in _LENGTHS and any(each.isalpha() for each in title):
            return title
    return ""


def _as_lines(title: str, lines: Sequence[str]) -> str:
    """The title as it stands on consecutive lines of the page, where words are spaced rightly, else ""."""
    wanted = squash(title)
    for start in range(len(lines) if wanted else 0):
        for end in range(start + 1, min(start + _MOST_LINES, len(lines)) + 1):
            if squash("".join(lines[start:end])) == wanted:
                return _LINE_END_HYPHEN.sub("-", join_lines(lines[start:end]))
    return ""
