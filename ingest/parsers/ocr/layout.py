"""From recognized lines, which are boxes on a page, to rows in reading order.

Columns of running text are read one after the other; what spans them (titles, wide tables) parts them. All
else is read row by row, for in a form or a table what stands side by side belongs together.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import mean, median

from langchain_core.documents import Document

from ingest.parsers.blocks import LINE, PARAGRAPH, block, columns, join_lines
from ingest.parsers.ocr.recognition import OcrLine
from ingest.parsers.page_lines import Line

_GUTTERS = 80  # places where a gutter is looked for
_FEWEST_ROWS = 4  # of a column
_FILLED = 0.65  # of a column's width, on average
_NARROWEST = 20  # columns of type, on average, in a line of running text; shorter ones are cells
_SAME_ROW = 0.5  # of the lower box's height
_SAME_WORD = 0.6  # of the height: the gap between two pieces of one line
_CELL = 1.5  # of the height: the gap between two cells
_PARAGRAPH = 1.45  # of the usual distance of rows
_SIZE_STEP = 1.35  # sizes of type closer than that are taken for one

Row = list[OcrLine]


def reading_order(lines: Sequence[OcrLine]) -> list[Line]:
    """The rows of a page in reading order, with blank ones where paragraphs part.

    A row's size is its height in pixels, made equal for rows that hardly differ.
    """
    usual = median([line.height for line in lines]) if lines else 0.0
    ordered: list[Line] = []
    for region in _regions(lines):
        rows = _rows(region)
        pitches = [_middle(below) - _middle(row) for row, below in pairwise(rows)]
        usual_pitch = median(pitches) if len(pitches) > 2 else 2 * usual
        for row, pitch in zip(rows, [math.inf, *pitches], strict=True):
            alone = len(row) > 1 and _is_of_cells(row)
            if ordered and (alone or pitch > _PARAGRAPH * usual_pitch):
                ordered.append(Line(""))
            ordered.append(Line(_text(row), row[0].left, row[0].top, _size(row, usual)))
            if alone:
                ordered.append(Line(""))
    return ordered


def ocr_blocks(paragraphs: Iterable[str], heading: tuple[str, ...], page: int) -> Iterator[Document]:
    """Blocks of kind "ocr", one for each paragraph of a page (1-based)."""
    separator = PARAGRAPH
    for paragraph in paragraphs:
        yield block("ocr", paragraph, heading=heading, page=page, separator=separator)
        separator = LINE


def _regions(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    """The lines in parts that are read one after the other, each row by row."""
    if len(lines) < 2 * _FEWEST_ROWS:
        return [list(lines)] if lines else []
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    places = [left + (right - left) * step / _GUTTERS for step in range(8, _GUTTERS - 7)]
    scores = [sum(len(part) for part, two in _split(lines, place) if two) for place in places]
    best = max(scores)
    if not best:
        return [list(lines)]
    clear = [place for place, score in zip(places, scores, strict=True) if score == best]
    gutter = clear[len(clear) // 2]
    regions: list[list[OcrLine]] = []
    for two, run in groupby(_split(lines, gutter), lambda part: part[1]):
        parts = [part for part, _ in run]
        if two:
            sides = [side for part in parts for side in _sides(part, gutter)]
            regions += [region for side in sides for region in _regions(side)]
        else:
            regions.append([line for part in parts for line in part])
    return regions


def _split(lines: Sequence[OcrLine], gutter: float) -> list[tuple[list[OcrLine], bool]]:
    """The lines from above, in parts, with whether each is two columns that the gutter parts."""
    ordered = sorted(lines, key=lambda line: line.top + line.bottom)
    parts = []
    for crosses, run in groupby(ordered, lambda line: _crosses(line, gutter)):
        part = list(run)
        parts.append((part, not crosses and all(map(_is_column, _sides(part, gutter)))))
    return parts


def _sides(lines: Sequence[OcrLine], gutter: float) -> tuple[list[OcrLine], list[OcrLine]]:
    on_left = [line.left + line.right < 2 * gutter for line in lines]
    return (
        [line for line, is_left in zip(lines, on_left, strict=True) if is_left],
        [line for line, is_left in zip(lines, on_left, strict=True) if not is_left],
    )


def _crosses(line: OcrLine, gutter: float) -> bool:
    slack = 0.3 * line.height
    return line.left < gutter - slack and line.right > gutter + slack


def _is_column(lines: Sequence[OcrLine]) -> bool:
    """Whether lines are running text: rows that fill the width they have."""
    if len(lines) < _FEWEST_ROWS or mean(columns(line.text) for line in lines) < _NARROWEST:
        return False
    rows = _rows(lines)
    width = max(line.right for line in lines) - min(line.left for line in lines)
    filled = mean(sum(line.right - line.left for line in row) for row in rows)
    return len(rows) >= _FEWEST_ROWS and filled >= _FILLED * width


def _rows(lines: Sequence[OcrLine]) -> list[Row]:
    """Lines side by side put together, from above; each from left to right."""
    rows: list[Row] = []
    for line in sorted(lines, key=lambda line: line.top + line.bottom):
        if rows and _overlap(rows[-1][-1], line) > _SAME_ROW * min(rows[-1][-1].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _overlap(first: OcrLine, second: OcrLine) -> float:
    return min(first.bottom, second.bottom) - max(first.top, second.top)


def _text(row: Row) -> str:
    text = row[0].text
    for before, line in pairwise(row):
        near = line.left - before.right < _SAME_WORD * before.height
        text = join_lines([text, line.text]) if near else f"{text} {line.text}"
    return text


def _is_of_cells(row: Row) -> bool:
    return any(line.left - before.right > _CELL * before.height for before, line in pairwise(row))


def _middle(row: Row) -> float:
    return mean(line.top + line.bottom for line in row) / 2


def _size(row: Row, usual: float) -> float:
    """The row's height, rounded to a step of a scale on which the usual height is one."""
    height = median([line.height for line in row])
    if height <= 0 or usual <= 0:
        return 0.0
    return round(usual * _SIZE_STEP ** round(math.log(height / usual, _SIZE_STEP)), 1)
