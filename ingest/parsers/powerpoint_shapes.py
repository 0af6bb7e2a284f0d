"""The shapes of a slide to blocks: text, tables, charts, diagrams, in the order in which one reads them."""

import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from langchain_core.documents import Document
from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER

from ingest.normalization import normalize_line
from ingest.parsers.blocks import block, table_blocks

logger = logging.getLogger(__name__)

_LISTS = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY)
_FURNITURE = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER)
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MOST_POINTS = 500  # of a chart; what has more isn't read number by number
_DEEPEST_GROUP = 50


class _Box(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int
    shape: Any


def shape_blocks(
    shapes: Sequence[Any], heading: tuple[str, ...], page: int, depth: int = 0
) -> Iterator[Document]:
    """The blocks of shapes. One that can't be read is left out with a warning, the others go on."""
    for shape in reading_order(shapes):
        try:
            blocks = list(_blocks(shape, heading, page, depth))
        except Exception as error:  # python-pptx raises what it comes upon in a damaged shape
            logger.warning("page %d: a shape can't be read: %s: %s", page, type(error).__name__, error)
            continue
        yield from blocks


def reading_order(shapes: Sequence[Any]) -> list[Any]:
    """The shapes by rows from the top, those of a row by columns from the left.

    The recursive XY cut: shapes are parted where a gap runs across all of them, first between rows, then
    between columns, and within such a part again.
    """
    boxes = [_box(shape) for shape in shapes]
    return [box.shape for box in _cut(boxes, depth=0)]


def _box(shape: Any) -> _Box:
    try:
        left, top = shape.left or 0, shape.top or 0
        width, height = shape.width or 0, shape.height or 0
    except Exception:  # a placeholder whose layout is missing has no place
        left = top = width = height = 0
    return _Box(top, left, top + max(height, 1), left + max(width, 1), shape)


def _cut(boxes: list[_Box], depth: int) -> list[_Box]:
    if len(boxes) < 2:
        return boxes
    if depth < _DEEPEST_GROUP:
        for start, end in (("top", "bottom"), ("left", "right")):
            parts = _parts(boxes, start, end)
            if len(parts) > 1:
                return [box for part in parts for box in _cut(part, depth + 1)]
    return sorted(boxes, key=lambda box: (box.top, box.left))


def _parts(boxes: list[_Box], start: str, end: str) -> list[list[_Box]]:
    """The boxes in runs between which nothing overlaps (by more than an eighth of the smaller one)."""
    parts: list[list[_Box]] = []
    reached = 0
    for box in sorted(boxes, key=lambda each: (getattr(each, start), getattr(each, end))):
        begin, stop = getattr(box, start), getattr(box, end)
        if parts and begin < reached - (stop - begin) // 8:
            parts[-1].append(box)
        else:
            parts.append([box])
        reached = max(reached, stop)
    return parts


def _blocks(shape: Any, heading: tuple[str, ...], page: int, depth: int) -> Iterator[Document]:
    if shape.is_placeholder and shape.placeholder_format.type in _FURNITURE:
        return
    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        if depth >= _DEEPEST_GROUP:
            logger.warning("page %d: groups are nested too deeply, the innermost are left out", page)
            return
        yield from shape_blocks(list(shape.shapes), heading, page, depth + 1)
    elif getattr(shape, "has_table", False):
        yield from table_blocks(
            _table_rows(shape.table),
            header_rows=1 if shape.table.first_row else None,
            heading=heading,
            page=page,
        )
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, heading, page)
    elif shape.has_text_frame:
        yield from _text(shape, heading, page)
    elif shape.element.find(f".//{_DIAGRAM}relIds") is not None:
        yield from _diagram(shape, heading, page)


def _text(shape: Any, heading: tuple[str, ...], page: int) -> Iterator[Document]:
    paragraphs = [
        (paragraph.level, text.replace("\v", "\n"))
        for paragraph in shape.text_frame.paragraphs
        if (text := paragraph.text.strip())
    ]
    if len(paragraphs) > 1 and shape.is_placeholder and shape.placeholder_format.type in _LISTS:
        lines = [f"{'  ' * level}- {text}" for level, text in paragraphs]
        yield block("list", "\n".join(lines), heading=heading, page=page)
    else:
        yield block("prose", "\n".join(text for _, text in paragraphs), heading=heading, page=page)


def _table_rows(table: Any) -> Iterator[list[str]]:
    """The rows' texts. What is merged downwards is repeated, so that each row can be read alone."""
    above: dict[int, str] = {}
    for row in table.rows:
        texts = []
        for column, cell in enumerate(row.cells):
            merged_down = cell._tc.vMerge and not cell._tc.hMerge
            text = above.get(column, "") if merged_down else "" if cell.is_spanned else cell.text
            above[column] = text
            texts.append(text.replace("\v", " "))
        yield texts


def _chart(chart: Any, heading: tuple[str, ...], page: int) -> Iterator[Document]:
    """A chart's title, and its numbers as a table of categories and series."""
    title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
    rows: list[list[str]] = []
    for plot in chart.plots:
        series = list(plot.series)
        categories = [_category(each) for each in plot.categories]
        if len(categories) * len(series) > _MOST_POINTS:
            logger.warning("page %d: a chart of more than %d points isn't read", page, _MOST_POINTS)
            series, categories = [], []
        names: list[str] = [normalize_line(each.name or "") for each in series]
        columns = [list(islice(each.values, len(categories))) for each in series]
        if any(categories):
            rows += [["", *names]]
            rows += [
                [name, *(_shown(values, number) for values in columns)]
                for number, name in enumerate(categories)
            ]
    yield from table_blocks(rows, header_rows=1, heading=heading, page=page, caption=title)
    if not rows:
        yield block("prose", title, heading=heading, page=page)


def _category(category: Any) -> str:
    return normalize_line(str(category.label if hasattr(category, "label") else category))


def _shown(values: Sequence[Any], number: int) -> str:
    value = values[number] if number < len(values) else None
    return f"{value:.15g}" if isinstance(value, int | float) else ""


def _diagram(shape: Any, heading: tuple[str, ...], page: int) -> Iterator[Document]:
    """The texts of a SmartArt diagram, whose data is a part of its own."""
    relation = shape.element.find(f".//{_DIAGRAM}relIds").get(f"{_RELATION}dm")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    tree = etree.fromstring(shape.part.related_part(relation).blob, parser)
    lines = [
        "".join(each.text or "" for each in paragraph.iter(f"{_DRAWING}t"))
        for paragraph in tree.iter(f"{_DRAWING}p")
    ]
    yield block("list", "\n".join(f"- {line}" for line in lines if line.strip()), heading=heading, page=page)
