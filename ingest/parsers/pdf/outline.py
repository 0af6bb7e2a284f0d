"""A PDF's outline (its bookmarks), which tells the headings that its text layer doesn't mark."""

import logging
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pypdf import PdfReader

logger = logging.getLogger(__name__)

_DEEPEST = 6
_MOST = 5000  # entries; a hostile outline may be endless
_NUMBERING = re.compile(
    r"(?:(?:CHAPTER|PART|SECTION|APPENDIX|ARTICLE|ITEM)[A-Z]{0,9}|[A-Z](?=\.)|[IVXLC]{1,6}(?=\.))?"
    r"[\d.一二三四五六七八九十百第章节節部编条、§:：()（）]*"
)


class Entry(NamedTuple):
    """One bookmark."""

    level: int
    title: str


class Heading(NamedTuple):
    """A heading found on a page: the ``lines`` lines from index ``at`` on."""

    at: int
    lines: int
    level: int


def read_outline(reader: PdfReader) -> Mapping[int, Sequence[Entry]]:
    """The bookmarks by page (1-based), in order. Empty where there are none or they can't be read."""
    entries: dict[int, list[Entry]] = defaultdict(list)
    try:
        stack: list[tuple[int, Any]] = [(1, item) for item in reversed(reader.outline)]
        for _ in range(_MOST):
            if not stack:
                break
            level, item = stack.pop()
            if isinstance(item, list):
                stack.extend((level + 1, each) for each in reversed(item))
                continue
            page = reader.get_destination_page_number(item)
            if page is not None and page >= 0 and str(item.title or "").strip():
                entries[page + 1].append(Entry(min(level, _DEEPEST), " ".join(str(item.title).split())))
    except Exception as error:  # a broken outline doesn't make a broken document
        logger.warning("the outline can't be read: %s", error)
    return entries


def find_headings(lines: Sequence[str], entries: Sequence[Entry]) -> tuple[list[Heading], list[Entry]]:
    """Where a page's bookmarks stand among its lines, and those that can't be found there."""
    found: list[Heading] = []
    missing: list[Entry] = []
    start = 0
    for entry in entries:
        title = squash(entry.title)
        heading = next(
            (
                Heading(at, count, entry.level)
                for at in range(start, len(lines))
                for count in (1, 2, 3)
                if at + count <= len(lines) and _is_title("".join(lines[at : at + count]), title)
            ),
            None,
        )
        if heading is None:
            missing.append(entry)
        else:
            found.append(heading)
            start = heading.at + heading.lines
    return found, missing


def squash(text: str) -> str:
    """Text as it is compared: lower case, without white space."""
    return "".join(text.lower().split())


def _is_title(line: str, title: str) -> bool:
    line = squash(line)
    if not title or not line.endswith(title):
        return False
    return _NUMBERING.fullmatch(line.removesuffix(title).upper()) is not None
