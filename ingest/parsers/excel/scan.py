"""What openpyxl's reading of large sheets leaves out: merged cells, and formulas nobody has computed.

Both are found by one pass over a sheet's XML in pieces, so that a sheet of any size takes little memory.
"""

import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=\"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})\"")
_NOT_COMPUTED = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_REFERENCE = re.compile(rb"\br=\"([A-Z]{1,3}\d{1,7})\"")
_PIECE = 1 << 20  # bytes
_LONGEST_ROW = 1 << 24
_MOST_MERGES = 100_000


class Merge(NamedTuple):
    """A merged range, rows and columns 1-based, ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


class SheetScan(NamedTuple):
    """The sheet's merged ranges that span rows, by no order, and the cells whose formulas have no value."""

    merges: list[Merge]
    not_computed: list[str]


def scan_sheet(archive: zipfile.ZipFile, part: str) -> SheetScan:
    """Scan the sheet that is the archive's entry ``part``."""
    merges: list[Merge] = []
    not_computed: list[str] = []
    for text in _pieces(archive, part):
        for match in _MERGE.finditer(text):
            first_column, first_row, last_column, last_row = match.groups()
            if first_row != last_row and len(merges) < _MOST_MERGES:
                columns = column_number(first_column.decode()), column_number(last_column.decode())
                merges.append(Merge(int(first_row), int(last_row), *columns))
        for match in _NOT_COMPUTED.finditer(text):
            reference = _REFERENCE.search(match.group(1))
            not_computed.append(reference.group(1).decode() if reference else "?")
    return SheetScan(merges, not_computed)


def column_number(letters: str) -> int:
    """A column's number: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The entry's bytes in pieces that end after rows, and below the rows after any element."""
    rest = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            rest += piece
            end = rest.rfind(b"row>") + 4
            if end < 4 and (len(rest) > _LONGEST_ROW or b"mergeCell" in rest):
                end = rest.rfind(b"/>") + 2
            if end >= 2:
                yield rest[:end]
                rest = rest[end:]
    yield rest
