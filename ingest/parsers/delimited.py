"""CSV and its kin, with any delimiter and in any encoding."""

import csv
import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.parsers.base import DocumentParser, UnreadableFile, file_name
from ingest.parsers.blocks import file_facts
from ingest.parsers.encoding import decode
from ingest.parsers.tables import MOST_CELLS, CellLimit, data_blocks

logger = logging.getLogger(__name__)

_DELIMITERS = ",\t;|，"
_QUOTED = re.compile(rf'(?:^|(?<=[{_DELIMITERS}\n]))"(?:[^"]|"")*"')
_SAMPLE_ROWS = 50
_SAMPLE = 100_000  # characters
_LONGEST_FIELD = 2**31 - 1
_NEARLY_ALL = 0.9
_SEP_LINE = "sep="  # a first line that Excel writes and takes for the delimiter


class DelimitedParser(DocumentParser):
    """Reads ``.csv`` and ``.tsv`` files; blank lines and lines without any text separate tables."""

    name = "delimited"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        text, encoding = decode(blob.as_bytes())
        text = text.replace("\x00", "")
        delimiter = ""
        if text[:4].lower() == _SEP_LINE and len(first := text.split("\n", 1)[0].rstrip("\r")) == 5:
            delimiter, text = first[4], text[len(first) :].lstrip("\r\n")
        preferred = "\t" if file_name(blob).lower().endswith(".tsv") else ","
        delimiter = delimiter or find_delimiter(text, preferred)
        limit = CellLimit()
        blocks = [
            each
            for table in split_tables(filter(limit.admits, _rows(text, delimiter)))
            for each in data_blocks(table)
        ]
        if limit.rows_left_out:
            logger.warning(
                "only the first %d cells were read: the last %d rows are left out",
                MOST_CELLS,
                limit.rows_left_out,
            )
        return file_facts(encoding=encoding, delimiter=delimiter), blocks


def find_delimiter(text: str, preferred: str = ",") -> str:
    """The delimiter that parts most lines of the text into the same number of fields, at least two."""
    sample = text[:_SAMPLE]
    worth = {each: _agreement(sample, each) for each in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda each: (worth[each], each == preferred))
    return best if worth[best] > 0 else preferred


def is_delimited(data: bytes) -> bool:
    """Whether it is text of which nearly all lines have the same number of fields, at least two."""
    try:
        head = data[:_SAMPLE]
        sample = decode(head[: head.rfind(b"\n") + 1] or head).text
    except UnreadableFile:
        return False
    return max(_agreement(sample, each) for each in _DELIMITERS) >= _NEARLY_ALL


def split_tables(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """The runs of rows between those without any text."""
    table: list[list[str]] = []
    for row in rows:
        if any(row):
            table.append(row)
        elif table:
            yield table
            table = []
    if table:
        yield table


def _agreement(sample: str, delimiter: str) -> float:
    """The share of the sample's lines that have the commonest number of fields, 0 if that is one."""
    lines = _QUOTED.sub("", sample).split("\n")
    widths = [line.count(delimiter) + 1 for line in islice(filter(str.strip, lines), _SAMPLE_ROWS)]
    if len(widths) > 2 and len(widths) < _SAMPLE_ROWS and len(sample) == _SAMPLE:
        widths.pop()  # cut off by the sample's end
    width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return count / len(widths) if width > 1 else 0.0


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows, cells without white space around them."""
    csv.field_size_limit(_LONGEST_FIELD)  # the module's only; it has no setting by reader
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True):
        yield [cell.strip() for cell in row]
