"""Excel files made for the purpose."""

import io
import logging
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from ingest.parsers.base import UnreadableFile
from ingest.parsers.excel import ExcelParser
from ingest.parsers.excel import workbook as excel
from ingest.parsers.excel.scan import column_number
from ingest.parsers.excel.values import cell_text
from ingest.parsers.tables import CellLimit

Parse = Callable[..., Any]


def save(book: Any) -> bytes:
    """The workbook's file."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def workbook(*rows: list[Any], name: str = "差旅") -> Any:
    """A workbook with one sheet."""
    book: Any = Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return book


def test_sheet_is_a_heading_and_rows_below_their_header(parse: Parse) -> None:
    book = workbook(
        ["2025年差旅标准"], ["城市", "每晚", "生效"], ["北京", 560, date(2025, 12, 8)], ["其他", 320.5]
    )
    book.create_sheet("Empty")

    parsed = parse(ExcelParser(), save(book))

    assert parsed.texts == [
        "差旅",
        "2025年差旅标准",
        "城市 | 每晚 | 生效",
        "北京 | 560 | 2025-12-08",
        "其他 | 320.5",
    ]
    assert parsed.kinds == ["heading", "prose", "table", "table", "table"]
    assert set(parsed.paths) == {("差旅",)}
    assert parsed.blocks[3].metadata["header"] == "2025年差旅标准\n城市 | 每晚 | 生效"
    assert parsed.blocks[3].metadata["page"] is None


def test_empty_rows_separate_tables(parse: Parse) -> None:
    book = workbook(["city", "rate"], ["Oslo", 1], [], ["name", "phone"], ["Ann", 2], ["Bo", 3])

    parsed = parse(ExcelParser(), save(book))

    headers = [each.metadata.get("header") for each in parsed.blocks]
    assert headers == [None, "", "city | rate", "", "name | phone", "name | phone"]


def test_years_may_be_column_names_but_other_numbers_are_values(parse: Parse) -> None:
    years = parse(ExcelParser(), save(workbook(["产品", 2024, 2025], ["水泵", 3, 4])))
    values = parse(ExcelParser(), save(workbook(["水泵", 3, 4], ["阀门", 5, 6])))

    assert years.blocks[2].metadata["header"] == "产品 | 2024 | 2025"
    assert values.blocks[2].metadata["header"] == ""


def test_merged_cells_are_repeated_downwards_and_head_two_rows(parse: Parse) -> None:
    book = workbook(
        ["部门", "费用", None],
        [None, "住宿", "餐饮"],
        ["销售", 1, 2],
        [None, 3, 4],
        ["研发", 5, 6],
        name="Sheet",
    )
    for merged in ("A1:A2", "B1:C1", "A3:A4"):
        book.active.merge_cells(merged)

    parsed = parse(ExcelParser(), save(book))

    assert parsed.texts[1:] == [
        "部门 | 费用",
        "部门 | 住宿 | 餐饮",
        "销售 | 1 | 2",
        "销售 | 3 | 4",
        "研发 | 5 | 6",
    ]
    assert parsed.blocks[-1].metadata["header"] == "部门 | 费用\n部门 | 住宿 | 餐饮"


def test_formula_without_a_value_is_reported(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    book = workbook(["a", "b"], [1, "=A2*2"], [2, "=SUM(A2:A3)"])

    with caplog.at_level(logging.WARNING):
        parsed = parse(ExcelParser(), save(book))

    assert parsed.texts[1:] == ["a | b", "1", "2"]
    assert "2 formulas have no computed value" in caplog.text
    assert "B2, B3" in caplog.text


def test_hidden_sheets_are_read_and_named(parse: Parse) -> None:
    book = workbook(["x", "y"], [1, 2])
    book.create_sheet("备用").append(["secret", "text"])
    book["备用"].sheet_state = "hidden"

    parsed = parse(ExcelParser(), save(book))

    assert "secret | text" in parsed.texts
    assert parsed.facts.metadata["report"] == {"hidden_sheets": ["备用"]}


def test_sheet_beyond_the_limit_is_cut_and_says_so(
    parse: Parse, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "CellLimit", lambda: CellLimit(6))
    book = workbook(["a", "b"], *([number, number] for number in range(10)))
    book.create_sheet("Second").append(["lost", "too"])

    with caplog.at_level(logging.WARNING):
        parsed = parse(ExcelParser(), save(book))

    assert parsed.texts == ["差旅", "a | b", "0 | 0", "1 | 1"]
    assert "sheet 差旅: the last 8 rows are left out" in caplog.text
    assert "sheet Second: the last 1 rows are left out" in caplog.text


def test_claimed_dimensions_and_far_rows_cost_nothing(parse: Parse) -> None:
    book = workbook(["a", "b"], [1, 2])
    book.active.cell(1_048_576, 3).value = "far"

    assert parse(ExcelParser(), save(book)).texts[-1] == "far"


def test_questions_and_answers_become_pairs(parse: Parse) -> None:
    book = workbook(
        ["分类", "标准问题", "相似问法", "答案"],
        ["休假", "年假几天？", "年假有多少天；年休假多长", "十二天。\n可顺延。"],
        [None, None, "有几天年假", None],
        ["报销", "多久到账？", None, "三天。"],
    )

    parsed = parse(ExcelParser(), save(book))

    assert parsed.kinds == ["heading", "faq", "faq"]
    assert parsed.texts[1] == "年假几天？\n年假有多少天\n年休假多长\n有几天年假\n十二天。\n可顺延。"
    assert parsed.paths[1:] == [("差旅", "休假"), ("差旅", "报销")]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (0.1 + 0.2, "General", "0.3"),
        (1200, "General", "1200"),
        (1e6, None, "1000000"),
        (123456789012345680.0, "General", "123456789012346000"),
        (0.00001, "General", "0.00001"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (3.5, "0.00", "3.50"),
        (2.675, "0.00", "2.68"),
        (3.5, "0.##", "3.5"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (560, '"¥"#,##0', "¥560"),
        (560, '[$¥-804]#,##0.00"元"', "¥560.00元"),
        (12.5, '0.0" mm"', "12.5 mm"),
        (0.5, "# ?/?", "0.5"),
        (12345, "0.00E+00", "12345"),
        (1500000, "#,##0,", "1500000"),
        (7, "@", "7"),
        (0, '0;-0;"none"', "0"),
        (True, "General", "TRUE"),
        (datetime(2025, 3, 1), None, "2025-03-01"),
        (datetime(2025, 3, 1, 8, 29, 59, 999_999), None, "2025-03-01 08:30"),
        (date(2025, 3, 1), None, "2025-03-01"),
        (time(8, 30), None, "08:30"),
        (timedelta(hours=30, minutes=5), None, "30:05"),
        ("=text", None, "=text"),
        (None, None, ""),
    ],
)
def test_values_are_written_as_people_see_them(value: object, form: str | None, shown: str) -> None:
    assert cell_text(value, form) == shown


def test_columns_are_numbered() -> None:
    assert [column_number(each) for each in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]


def test_damaged_sheet_is_left_out_and_named(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    book = workbook(["a", "b"], [1, 2], name="Good")
    book.create_sheet("Bad").append(["x", "y"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(save(book))) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(b"</row>", b"</r") if "sheet2" in name else content)

    with caplog.at_level(logging.WARNING):
        parsed = parse(ExcelParser(), buffer.getvalue())

    assert parsed.texts == ["Good", "a | b", "1 | 2"]
    assert "sheet Bad is damaged and left out" in caplog.text


def test_damaged_files_are_refused_with_a_reason(parse: Parse) -> None:
    whole = save(workbook(["a"]))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)

    assert len(bomb.getvalue()) < 60_000
    for data, reason in ((whole[:-200], "damaged or cut off"), (bomb.getvalue(), "zip bomb")):
        with pytest.raises(UnreadableFile, match=reason):
            parse(ExcelParser(), data)
