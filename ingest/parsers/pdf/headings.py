"""Headings of a PDF without an outline: lines in larger type, or numbered like headings."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ingest.parsers.blocks import join_lines
from ingest.parsers.page_lines import Line
from ingest.parsers.pdf.outline import Heading
from ingest.parsers.text import heading_level

_LARGER = 1.12  # than the running text
_LONGEST = 160  # characters
_MOST_LINES = 4
_LONGEST_NUMBERED = 40  # of a line in the size of the running text, numbered 3.1
_GREATEST_SHARE = 0.3  # of a document's lines; where more are larger, size doesn't tell headings
_SENTENCE_END = re.compile(r"[。；;，,.、：:]$")
_NUMBER = re.compile(r"^\d{1,2}((?:\.\d{1,2})*)\.?\s")
_LINE_END_HYPHEN = re.compile(r"(?<=\w)- (?=\w)")
_BY_FORM = 1000  # levels of headings that only their numbering tells, below all others


class HeadingSizes:
    """The sizes of type that a document sets its headings in."""

    def __init__(self, lines: Iterable[Line]) -> None:
        lines = [line for line in lines if line.text]
        usual = usual_size(lines)
        larger = [line for line in lines if line.size > _LARGER * usual]
        if not usual or len(larger) > _GREATEST_SHARE * len(lines):
            larger = []
        self._ranks = {
            size: rank for rank, size in enumerate(sorted({line.size for line in larger}, reverse=True))
        }

    def find_headings(self, items: Sequence[object]) -> list[Heading]:
        """The headings among a page's lines (and whatever else stands between them), in order."""
        headings: list[Heading] = []
        position = 0
        for size, run in groupby(items, lambda item: item.size if isinstance(item, Line) else None):
            part = list(run)
            lines = [item for item in part if isinstance(item, Line)]
            if size in self._ranks:
                headings += self._by_size(lines, position)
            else:
                headings += self._by_form(lines, position)
            position += len(part)
        return headings

    def _by_size(self, lines: Sequence[Line], position: int) -> Iterator[Heading]:
        """Lines in larger type are headings, unless they make a paragraph. Those of one level are one."""
        length = sum(len(line.text) for line in lines)
        ends = any(_SENTENCE_END.search(line.text) for line in lines)
        if length > _LONGEST or len(lines) > _MOST_LINES or ends:
            return
        rank = self._ranks[lines[0].size]
        for depth, run in groupby(lines, lambda line: _depth(line.text)):
            count = len(list(run))
            yield Heading(position, count, 10 * rank + depth)
            position += count

    def _by_form(self, lines: Sequence[Line], position: int) -> Iterator[Heading]:
        for at, line in enumerate(lines, position):
            level = heading_level(line.text)
            depth = _depth(line.text)
            numbered = depth > 1 and len(line.text) <= _LONGEST_NUMBERED
            if level:
                yield Heading(at, 1, _BY_FORM + level)
            elif numbered and not _SENTENCE_END.search(line.text) and not line.text[-1].isdigit():
                yield Heading(at, 1, 10 * len(self._ranks) + depth)


def join_heading(lines: Iterable[str]) -> str:
    """The lines of a heading as one; a hyphen at a line end stays."""
    return _LINE_END_HYPHEN.sub("-", join_lines(lines))


def _depth(text: str) -> int:
    """How deep a heading's number tells it is: 1 for "3" or none, 2 for "3.1"."""
    number = _NUMBER.match(text)
    return number.group(1).count(".") + 1 if number else 1


def usual_size(lines: Iterable[Line]) -> float:
    """The size that most characters are set in, 0 if unknown."""
    characters: Counter[float] = Counter()
    for line in lines:
        characters[line.size] += len(line.text)
    return characters.most_common(1)[0][0] if characters else 0.0
