"""CSV and TSV: delimiters, encodings, headers, odd content."""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents.base import Blob

from ingest.normalization import normalize_line
from ingest.parsers.delimited import DelimitedParser, find_delimiter

Parse = Callable[..., Any]
_CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=12)


def test_rows_carry_their_header(parse: Parse) -> None:
    parsed = parse(DelimitedParser(), '城市,每晚\n北京,560\n"其他,\n各地",320\n')

    assert parsed.texts == ["城市 | 每晚", "北京 | 560", "其他, 各地 | 320"]
    assert parsed.kinds == ["table"] * 3
    assert parsed.blocks[1].metadata["header"] == "城市 | 每晚"
    assert parsed.blocks[1].metadata["page"] is None


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
def test_delimiter_is_found(delimiter: str) -> None:
    rows = [["name", "note"], ["Ann", "one"], ["Bo", "two"]]

    assert find_delimiter("\n".join(delimiter.join(row) for row in rows)) == delimiter


def test_delimiter_inside_quotes_and_prose_is_no_delimiter() -> None:
    assert find_delimiter('name;note\nAnn;"a, b, c"\nBo;"d, e"\n') == ";"


def test_delimiter_that_excel_declares_is_taken(parse: Parse) -> None:
    assert parse(DelimitedParser(), "sep=;\r\na;b,c\r\n1;2,5\r\n").texts == ["a | b,c", "1 | 2,5"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "big5"])
def test_any_encoding_is_read(parse: Parse, encoding: str) -> None:
    text = "姓名,部門說明\n王大明,負責台灣與香港的業務，以及所有的客戶關係。\n"

    assert parse(DelimitedParser(), text.encode(encoding)).texts[1].startswith("王大明 | 負責台灣")


def test_nul_characters_are_dropped(parse: Parse) -> None:
    assert parse(DelimitedParser(), b"name,age\nAnn\x00,30\nBo,40\n" * 3).texts[1] == "Ann | 30"


def test_line_of_ten_million_characters_is_read(parse: Parse) -> None:
    started = time.perf_counter()
    parsed = parse(DelimitedParser(), "a,b\n1," + "x" * 10_000_000 + "\n")

    assert len(parsed.texts[1]) == 10_000_004
    assert time.perf_counter() - started < 20


def test_unclosed_quote_loses_nothing(parse: Parse) -> None:
    parsed = parse(DelimitedParser(), 'a,b\n1,"open\n2,end\n')

    assert "open 2,end" in "\n".join(parsed.texts)


def test_empty_table_and_empty_columns_are_left_out(parse: Parse) -> None:
    assert parse(DelimitedParser(), ",,\n , ,\n").texts == []
    assert parse(DelimitedParser(), "a,,b\n1,,2\n").texts == ["a | b", "1 | 2"]


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_every_cell_is_found_in_the_text(rows: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    blob = Blob.from_data(
        buffer.getvalue().encode("utf-8-sig"), path="a.tsv" if delimiter == "\t" else "a.csv"
    )
    text = "\n".join(each.page_content for each in DelimitedParser().lazy_parse(blob))

    for row in rows:
        for cell in row:
            assert "".join(normalize_line(cell).strip(" |").split()) in "".join(text.split())
