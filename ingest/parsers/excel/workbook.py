"""Excel (.xlsx, .xlsm), by openpyxl: the values that Excel computed last, never the formulas.

Each sheet is a heading and its tables, which empty rows separate. Charts, drawings and comments are not read.
"""

import io
import logging
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from langchain_core.documents import Document
from openpyxl import load_workbook

from ingest.dates import first_date
from ingest.parsers.blocks import block, file_facts
from ingest.parsers.excel.scan import Merge, scan_sheet
from ingest.parsers.excel.values import cell_text
from ingest.parsers.office import OfficeParser
from ingest.parsers.reading_context import page_done
from ingest.parsers.tables import MOST_CELLS, CellLimit, data_blocks, is_header

logger = logging.getLogger(__name__)

_MOST_ROWS = 1_048_576  # that a sheet of Excel's can have
_MOST_PLACES = 20_000_000  # cells passed, empty ones too
_MOST_HEADER_ROWS = 3
_ROWS_A_STEP = 10_000
_NAMED = 10  # so many cells are listed, more are counted


class ExcelParser(OfficeParser):
    """Reads ``.xlsx`` and ``.xlsm`` files. Sheets are no pages: their names are headings."""

    name = "excel"
    suffix = ".xlsx"
    kind = "Excel"

    def read_package(self, data: bytes, archive: zipfile.ZipFile) -> tuple[Document, list[Document]]:
        with warnings.catch_warnings():  # about styles and extensions, which aren't read
            warnings.simplefilter("ignore", UserWarning)
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            try:
                limit = CellLimit()
                hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
                blocks = [each for sheet in book.worksheets for each in _whole_sheet(sheet, archive, limit)]
            finally:
                book.close()
        of_file = "docProps/core.xml" in archive.namelist()  # openpyxl makes them up otherwise
        title = (book.properties.title or "") if of_file else ""
        modified = first_date([book.properties.modified]) if of_file else ""
        report: dict[str, Any] = {"hidden_sheets": hidden} if hidden else {}
        return file_facts(title=title, modified=modified, **report), blocks


class _Row(NamedTuple):
    number: int
    cells: list[str]


def _whole_sheet(sheet: Any, archive: zipfile.ZipFile, limit: CellLimit) -> list[Document]:
    """The sheet's blocks. A damaged sheet is left out with a warning, so that the others are read."""
    try:
        return list(_sheet_blocks(sheet, archive, limit))
    except MemoryError:
        raise
    except Exception as error:  # openpyxl lets XML parsers', zipfile's and many others through
        logger.warning("sheet %s is damaged and left out: %s: %s", sheet.title, type(error).__name__, error)
        return []


def _sheet_blocks(sheet: Any, archive: zipfile.ZipFile, limit: CellLimit) -> Iterator[Document]:
    # openpyxl's own fields, for which it has no public name
    scan = scan_sheet(archive, sheet._worksheet_path)
    if scan.not_computed:
        named = ", ".join(scan.not_computed[:_NAMED]) + (" …" if len(scan.not_computed) > _NAMED else "")
        logger.warning(
            "sheet %s: %d formulas have no computed value (open and save the file in Excel): %s",
            sheet.title,
            len(scan.not_computed),
            named,
        )
    before = limit.rows_left_out
    numbered = (_Row(number, cells) for number, cells in enumerate(_rows(sheet), 1))
    blocks = [
        each
        for table in _tables(_with_merged(_admitted(numbered, limit), scan.merges))
        for each in data_blocks(
            [row.cells for row in table],
            heading=(sheet.title,),
            header_rows=_merged_header_rows(table, scan.merges),
        )
    ]
    if blocks:
        yield block("heading", sheet.title, heading=(sheet.title,), level=1)
        yield from blocks
    page_done()
    if left_out := limit.rows_left_out - before:
        logger.warning(
            "sheet %s: the last %d rows are left out, for more than %d cells are not read",
            sheet.title,
            left_out,
            MOST_CELLS,
        )


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The sheet's rows from the first on, each as wide as its last cell."""
    sheet.reset_dimensions()  # what the file claims they are may be anything
    places = 0
    for number, row in enumerate(islice(sheet.iter_rows(), _MOST_ROWS), 1):
        if number % _ROWS_A_STEP == 0:
            page_done()
        places += len(row)
        if places > _MOST_PLACES:
            logger.warning("sheet %s: mostly empty and too wide; its last rows are left out", sheet.title)
            return
        yield [
            "" if (value := cell.value) is None else cell_text(value, _format_of(cell, value)).strip()
            for cell in row
        ]


def _format_of(cell: Any, value: object) -> str | None:
    return cell.number_format if isinstance(value, int | float) else None


def _admitted(rows: Iterable[_Row], limit: CellLimit) -> Iterator[_Row]:
    for row in rows:
        if limit.admits(row.cells):
            yield row


def _with_merged(rows: Iterable[_Row], merges: list[Merge]) -> Iterator[_Row]:
    """The rows, what is merged downwards repeated in each that has text, so that each can be read alone."""
    waiting = sorted(merges, reverse=True)
    active: list[tuple[Merge, str]] = []
    for row in rows:
        active = [each for each in active if each[0].last_row >= row.number]
        if any(row.cells):
            for merge, text in active:
                column = merge.first_column - 1
                row.cells.extend([""] * (column + 1 - len(row.cells)))
                row.cells[column] = row.cells[column] or text
        while waiting and waiting[-1].first_row <= row.number:
            merge = waiting.pop()
            if merge.first_row == row.number and merge.first_column <= len(row.cells):
                active.append((merge, row.cells[merge.first_column - 1]))
        yield row


def _tables(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """The runs of rows between empty ones."""
    table: list[_Row] = []
    for row in rows:
        if any(row.cells):
            table.append(row)
        elif table:
            yield table
            table = []
    if table:
        yield table


def _merged_header_rows(table: list[_Row], merges: list[Merge]) -> int | None:
    """How many rows the header has where a name in it is merged over several, else None."""
    first = next((row for row in table if sum(map(bool, row.cells)) > 1), None)
    if first is None or not is_header([row.cells for row in table if row.number >= first.number]):
        return None
    heights = [merge.last_row - merge.first_row + 1 for merge in merges if merge.first_row == first.number]
    return min(max(heights), _MOST_HEADER_ROWS) if heights else None
