"""Tables of HTML pages."""

from collections.abc import Iterable

from bs4.element import Tag

from ingest.normalization import normalize_line
from ingest.parsers.html.text import visible_text


def table_rows(table: Tag) -> tuple[list[list[str]], int]:
    """A table's rows as texts by column, and how many of them, from the first on, are its header."""
    rows: list[list[str]] = []
    headers = 0
    spans: dict[int, tuple[int, str]] = {}  # column -> rows still covered by a cell above, and its text
    for row in table.find_all("tr"):
        cells = row.find_all(["td", "th"], recursive=False)
        is_header = row.find_parent("thead") is not None or all(cell.name == "th" for cell in cells)
        if len(rows) == headers and cells and is_header:
            headers += 1
        rows.append(_row(cells, spans))
    return rows, headers


def read_number(element: Tag, attribute: str) -> int:
    """A numeric attribute such as ``colspan``, 1 where it is missing or nonsense, at most 1000."""
    value = str(element.get(attribute) or "").strip()
    return min(max(int(value), 1), 1000) if value.isascii() and value.isdigit() and len(value) < 8 else 1


def _row(cells: Iterable[Tag], spans: dict[int, tuple[int, str]]) -> list[str]:
    """A row's texts by column. A cell that spans rows is repeated in each, so that each can be read alone."""
    texts: list[str] = []

    def fill() -> None:
        while (column := len(texts)) in spans:
            left, text = spans.pop(column)
            texts.append(text)
            if left > 1:
                spans[column] = left - 1, text

    pending: dict[int, tuple[int, str]] = {}
    for cell in cells:
        fill()
        text = normalize_line(visible_text([cell]))
        for position in range(read_number(cell, "colspan")):
            if (rows := read_number(cell, "rowspan")) > 1:
                pending[len(texts)] = rows - 1, text if position == 0 else ""
            texts.append(text if position == 0 else "")
    fill()
    spans.update(pending)
    return texts
