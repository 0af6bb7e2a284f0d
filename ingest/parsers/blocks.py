"""Blocks: what a parser yields, in reading order.

A block is a LangChain ``Document``: its text, already normalized, and metadata that says what it is and where
it stands. Before its blocks a parser yields one ``Document`` of kind "file" with what it knows of the file as
a whole. Any other ``BaseBlobParser`` can stand in for ours: what it leaves out is taken as prose without page
or heading.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from langchain_core.documents import Document

from ingest.normalization import normalize, normalize_line

BlockKind = Literal["file", "heading", "prose", "list", "code", "table", "faq", "ocr"]

PARAGRAPH = "\n\n"  # how far a block stands from the one before it
LINE = "\n"
_CJK = r"\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003134f"
_WIDE = re.compile(
    r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]"
)
_WRAPPED_WIDTH = 50  # columns; who wraps lines, wraps them later
_SPACE_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\n]+(?=[{_CJK}])")


class PairLines(NamedTuple):
    """How many lines a question–answer pair's parts have, from the top; its answer is what is left."""

    question: int = 1
    phrasings: int = 0  # one a line
    more: int = 0  # what else is said of the pair, below its answer


def file_facts(*, title: str = "", modified: str = "", pages: int | None = None, **report: Any) -> Document:
    """The Document of kind "file": title, date (ISO 8601) and number of pages, where the file has them.

    ``report`` holds what else is worth telling of the reading (encoding, pages without text …), JSON-able.
    """
    metadata = {"kind": "file", "modified": modified, "pages": pages, "report": report}
    return Document(page_content=normalize_line(title), metadata=metadata)


def block(
    kind: BlockKind,
    text: str,
    *,
    heading: tuple[str, ...] = (),
    page: int | None = None,
    separator: str = PARAGRAPH,
    **more: Any,
) -> Document:
    """A block of text. ``heading`` is the path of headings above it, its own included if it is one.

    ``more``: a heading's ``level`` (1 is the highest), a table row's ``header`` (the header row's text, which
    travels in the context of rows that stand without it), ``strong`` of a paragraph all in bold,
    ``pair_lines`` of a question and its answer (``PairLines``).
    """
    metadata: Mapping[str, Any] = {
        "kind": kind,
        "heading": heading,
        "page": page,
        "separator": separator,
        **more,
    }
    return Document(page_content=normalize(text), metadata=dict(metadata))


class HeadingPath:
    """The headings above the place that has been reached."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []

    def enter(self, level: int, text: str) -> None:
        """Step below a heading: those of its level or deeper are left."""
        self._path = [entry for entry in self._path if entry[0] < level]
        self._path.append((level, normalize_line(text)))

    @property
    def path(self) -> tuple[str, ...]:
        """The headings, highest first."""
        return tuple(text for _, text in self._path)


def table_blocks(
    rows: Iterable[Iterable[str]],
    *,
    header_rows: int | None = None,
    heading: tuple[str, ...] = (),
    page: int | None = None,
    caption: str = "",
) -> list[Document]:
    """One block a row, cells joined by `` | ``; every row carries the header's text (and the caption's).

    Columns and rows without any text are left out. Without ``header_rows`` the first row is taken for the
    header if it has no number in it and a later row has. A table of one column or one cell is laid-out text:
    it becomes prose.
    """
    cells = _without_empty([[normalize_line(cell) for cell in row] for row in rows])
    if not cells:
        return []
    blocks = [block("prose", caption, heading=heading, page=page)] if normalize_line(caption) else []
    if max(len(row) for row in cells) == 1 or (len(cells) == 1 and sum(map(bool, cells[0])) == 1):
        return blocks + [
            block("prose", "\n".join(filter(None, row)), heading=heading, page=page) for row in cells
        ]
    count = _guess_header_rows(cells) if header_rows is None else min(header_rows, len(cells) - 1)
    lines = [_row_text(row, aligned=count > 0) for row in cells]
    header = "\n".join(filter(None, [normalize_line(caption), *lines[:count]]))
    blocks += [
        block(
            "table",
            line,
            heading=heading,
            page=page,
            separator=PARAGRAPH if number == 0 else LINE,
            header=header if number >= count else "",
        )
        for number, line in enumerate(lines)
    ]
    return blocks


def join_lines(lines: Iterable[str]) -> str:
    """Wrapped lines made one: a space between them, except between Chinese or Japanese characters."""
    return squeeze("\n".join(line.strip() for line in lines))


def join_wrapped(text: str) -> str:
    """Lines joined where they were wrapped; line ends after short lines, which were meant, stay."""
    lines = [line.strip() for line in text.split("\n")]
    joined: list[str] = []
    for before, line in pairwise(["", *lines]):
        if joined and columns(before) >= _WRAPPED_WIDTH:
            joined[-1] += f"\n{line}"
        else:
            joined.append(line)
    return "\n".join(filter(None, map(squeeze, joined)))


def columns(line: str) -> int:
    """The width of a line, a Chinese character counting twice."""
    return len(line) + len(_WIDE.findall(line))


def squeeze(text: str) -> str:
    """Text on one line: white space collapsed, a line end between two Chinese characters left out.

    A space that somebody typed between Chinese characters stays.
    """
    without_breaks = _SPACE_IN_CJK.sub(lambda match: "" if "\n" in match.group() else " ", text)
    return " ".join(without_breaks.split())


def _without_empty(rows: list[list[str]]) -> list[list[str]]:
    rows = [row for row in rows if any(row)]
    width = max((len(row) for row in rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows]
    used = [column for column in range(width) if any(row[column] for row in padded)]
    return [[row[column] for column in used] for row in padded]


def _row_text(row: list[str], *, aligned: bool) -> str:
    """A row's text. Empty cells are kept where they keep the others below their header."""
    return " | ".join(row if aligned else filter(None, row)).rstrip(" |").lstrip()


def _guess_header_rows(cells: list[list[str]]) -> int:
    first = cells[0]
    if len(cells) < 2 or sum(map(bool, first)) < 2 or any(_has_number(cell) for cell in first):
        return 0
    return int(len(first) > 2 or any(_has_number(cell) for row in cells[1:] for cell in row))


def _has_number(cell: str) -> bool:
    return any(character.isdigit() for character in cell)
