"""From lines to paragraphs."""

from collections.abc import Sequence

from ingest.parsers.blocks import columns
from ingest.parsers.page_lines import body_width, find_furniture, unwrap, words_of


def _unwrap(text: str) -> list[str]:
    lines = text.split("\n")
    return unwrap(lines, body_width([lines]), words_of([lines]))


def drop_edges(pages: Sequence[list[str]]) -> list[list[str]]:
    return [
        [line for position, line in enumerate(lines) if position not in furniture]
        for lines, furniture in zip(pages, find_furniture(pages), strict=True)
    ]


def test_chinese_lines_are_joined_without_a_space() -> None:
    text = (
        "公司董事会及董事和高级管理人员保证季度报告内容的真\n实准确和完整，不存在虚假记载，并承担个别和连带的法\n"
        "律责任。\n所有董事均已出席了审议本次季报的董事会会议。"
    )

    assert _unwrap(text) == [
        "公司董事会及董事和高级管理人员保证季度报告内容的真实准确和完整，不存在虚假记载，并承担个别和连带的法律责任。",
        "所有董事均已出席了审议本次季报的董事会会议。",
    ]


def test_english_lines_are_joined_with_a_space_and_hyphenation_is_undone() -> None:
    text = (
        "Stet clita kasd gubergren, no sea taki-\nmata sanctus est the multi-robot system a multi-\n"
        "robot swarm is, and see section 737–\n9 for more on the subject."
    )

    assert _unwrap(text) == [
        "Stet clita kasd gubergren, no sea takimata sanctus est the multi-robot system a multi-robot swarm "
        "is, and see section 737–9 for more on the subject."
    ]


def test_short_lines_items_and_rows_stay_apart() -> None:
    text = (
        "一、适用范围\n本规定适用于公司全体员工，包括试用期员工和实习生在内。\n"
        "• 正式员工每年享有十二天带薪年假可以分次使用\n"
        "• 试用期员工没有年假\n华北地区 10,200 12,300 11%\n华东地区 20,400 22,100 8%"
    )

    assert _unwrap(text) == text.split("\n")


def test_leaders_of_a_table_of_contents_are_shortened() -> None:
    assert _unwrap("7.1 缺失值 . . . . . . . . . . . . 132") == ["7.1 缺失值 … 132"]


def test_running_headers_and_page_numbers_are_dropped_but_for_the_first_header() -> None:
    pages = [
        ["文具公司员工手册", f"这里讲{subject}的事情", "同样的话", f"{subject}到此为止", str(number)]
        for number, subject in enumerate(("考勤", "休假", "报销", "差旅", "安全"), 1)
    ]
    kept = drop_edges(pages)

    assert kept[0] == ["文具公司员工手册", "这里讲考勤的事情", "同样的话", "考勤到此为止"]
    assert kept[3] == ["这里讲差旅的事情", "同样的话", "差旅到此为止"]


def test_footer_with_the_page_number_is_dropped_from_the_second_on() -> None:
    pages = [[f"On {name}"] * 7 + [f"ACME Manual {number}"] for number, name in enumerate("ABC", 10)]

    assert [page[-1] for page in drop_edges(pages)] == ["ACME Manual 10", "On B", "On C"]


def test_labelled_page_numbers_are_dropped_even_on_a_single_page() -> None:
    assert drop_edges([["正文", "第 1 页 共 1 页"]]) == [["正文"]]
    assert drop_edges([["Text", "Page 1 of 9"]]) == [["Text"]]


def test_lines_that_merely_end_in_a_number_stay() -> None:
    pages = [[f"Total of region {name} 500", "Text", f"Sum {name}"] for name in ("A", "B", "C")]

    assert drop_edges(pages) == pages


def test_a_chinese_character_is_two_columns_wide() -> None:
    assert columns("ab年假，") == 8


def test_entries_of_a_form_stay_on_their_lines() -> None:
    lines = ["设备名称：高速离心机", "型号：HC-2100R", "序列号：SN8842-0913", "验收日期：2026年1月9日"]
    assert unwrap(lines, 20) == lines
