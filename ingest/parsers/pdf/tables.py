"""Tables of PDF pages, where each cell is a line of its own.

A PDF knows no tables. But where a page's content draws cell after cell, the lines tell: the next cell of a
row begins further right and no lower than the one before ended, and the lines within a cell stand below each
other. Rows that follow each other are a table. Nothing is reordered, so that two columns of text, should they
look like cells, are still read in their order.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest.parsers.blocks import join_lines
from ingest.parsers.page_lines import Line

_LINE_PITCH = 1.5  # lines of one cell are no further apart, in sizes of type
_HIGHEST_CELL = 3  # lines
_USUAL_CELL = 50  # characters, on average at most
_ALIGNED = 12.0  # points
_GAP = 6.0  # points between the beginnings of two cells, at least
_SLACK = 0.35  # of the size of type


class Table(NamedTuple):
    """Rows of cells by column."""

    rows: list[list[str]]

    @property
    def text(self) -> str:
        """All of it, a row a line."""
        return "\n".join(" ".join(filter(None, row)) for row in self.rows)


class _Cell(NamedTuple):
    x: float
    lines: list[Line]


def find_tables(lines: Sequence[Line]) -> Iterator[Line | Table]:
    """The lines, with those that make a table of two rows or more put together."""
    rows: list[list[_Cell]] = []
    since = position = 0
    while position < len(lines):
        row, after = _read_row(lines, position)
        if row:
            rows.append(row)
            position = after
            continue
        yield from _finish(rows, lines[since:position])
        yield lines[position]
        rows = []
        position += 1
        since = position
    yield from _finish(rows, lines[since:])


def _finish(rows: list[list[_Cell]], lines: Sequence[Line]) -> Iterator[Line | Table]:
    if _is_table(rows):
        yield Table(_by_column(rows))
    else:
        yield from lines


def _is_table(rows: Sequence[list[_Cell]]) -> bool:
    """Whether rows make a table: short cells, and the first ones below each other."""
    if len(rows) < 2:
        return False
    lengths = [sum(len(line.text) for line in cell.lines) for row in rows for cell in row]
    left = min(row[0].x for row in rows)
    aligned = sum(row[0].x - left < _ALIGNED for row in rows)
    return 2 * aligned > len(rows) and sum(lengths) <= _USUAL_CELL * len(lengths)


def _read_row(lines: Sequence[Line], start: int) -> tuple[list[_Cell], int]:
    """The cells of a row that begins at a line (none if it is no row), and where the lines after it begin."""
    if not lines[start].text:
        return [], start
    cells = [_Cell(lines[start].x, [lines[start]])]
    top, position = lines[start].y, start + 1
    while position < len(lines):
        line = lines[position]
        if not line.text:
            position += 1
            continue
        cell, last = cells[-1], cells[-1].lines[-1]
        slack = _SLACK * max(line.size, last.size)
        reach = _HIGHEST_CELL * _LINE_PITCH * max(line.size, 1.0)
        if line.x > cell.x + _GAP and line.y >= last.y - slack and line.y <= top + reach:
            cells.append(_Cell(line.x, [line]))
        elif (
            abs(line.x - cell.x) < 2 * slack
            and slack < last.y - line.y <= _LINE_PITCH * line.size
            and line.size == last.size
            and len(cell.lines) < _HIGHEST_CELL
        ):
            cell.lines.append(line)
        else:
            break
        top = max(top, line.y)
        position += 1
    return (cells, position) if len(cells) > 1 else ([], start)


def _by_column(rows: list[list[_Cell]]) -> list[list[str]]:
    """The rows' texts, with empty cells where a row has none. Full rows tell where the columns are."""
    width = max(map(len, rows))
    full = [row for row in rows if len(row) == width]
    columns = [sum(row[column].x for row in full) / len(full) for column in range(width)]
    texts = []
    for row in rows:
        cells = [""] * width
        for number, cell in enumerate(row):
            free = range(
                max((at for at in range(width) if cells[at]), default=-1) + 1, width - (len(row) - number) + 1
            )
            nearest = min(free, key=lambda at: abs(columns[at] - cell.x))
            cells[nearest] = join_lines(line.text for line in cell.lines)
        texts.append(cells)
    return texts
