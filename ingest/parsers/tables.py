"""Rows of cells, such as spreadsheets, CSV files and lists of records hold, to blocks.

Unlike a table in a text, such a one nearly always begins with a header, and may be too large to be kept.
"""

import re
from collections.abc import Iterator, Sequence

from langchain_core.documents import Document

from ingest.normalization import normalize_line
from ingest.parsers.blocks import table_blocks
from ingest.parsers.faq_tables import pair_columns, pair_table

MOST_CELLS = 1_000_000  # of a file, those with text: some 300 MB of blocks, and seconds
_VALUE = re.compile(r"[-+(]?[^\w\s]{0,3}\d[\d.,:/\-\sT%eE+]*\)?[^\w\s]{0,2}")
_LONGEST_CAPTION = 100  # characters
_YEAR = re.compile(r"(?:19|20)\d\d")


def data_blocks(
    rows: Sequence[Sequence[str]], *, heading: tuple[str, ...] = (), header_rows: int | None = None
) -> Iterator[Document]:
    """The blocks of a table: question–answer pairs if its columns are called so, else its rows.

    Rows of one cell above the header are prose, the last of them the table's caption if it is short.
    ``header_rows``, if it is known, is counted from the first row of several cells.
    """
    above, body = _split_above(rows)
    if header_rows is None:
        header_rows = int(is_header(body))
    columns = pair_columns(body[header_rows - 1]) if header_rows else None
    caption = above.pop() if above and columns is None and len(above[-1]) <= _LONGEST_CAPTION else ""
    yield from table_blocks([[line] for line in above], heading=heading)
    if columns is None:
        yield from table_blocks(body, header_rows=header_rows or None, heading=heading, caption=caption)
    else:
        yield from pair_table(body[header_rows:], columns, body[header_rows - 1], heading=heading)


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: different texts, none a value (years may be), for most columns."""
    if len(rows) < 2:
        return False
    names = [normalize_line(cell) for cell in rows[0] if cell]
    if len(names) < 2 or len(set(names)) < len(names):
        return False
    width = max(sum(map(bool, row)) for row in rows[1:20])
    if 2 * len(names) < width or all(_YEAR.fullmatch(name) for name in names):
        return False
    return not any(_VALUE.fullmatch(name) and not _YEAR.fullmatch(name) for name in names)


class CellLimit:
    """Counts cells with text, and the rows that found no room any more."""

    def __init__(self, most: int = MOST_CELLS) -> None:
        self._left = most
        self.rows_left_out = 0

    def admits(self, row: Sequence[str]) -> bool:
        """Whether there is room for the row, which is then taken; else it is counted as left out."""
        if self._left <= 0:
            self.rows_left_out += any(row)
            return False
        self._left -= sum(map(bool, row))
        return True


def _split_above(rows: Sequence[Sequence[str]]) -> tuple[list[str], Sequence[Sequence[str]]]:
    """The first rows that have one cell only, as texts, and the rows from the first wider one on."""
    start = next((number for number, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
    return [normalize_line(cell) for row in rows[:start] for cell in row if cell], rows[start:]
