"""Plain text: paragraphs, a title, numbered headings."""

from collections.abc import Callable
from typing import Any

import pytest

from ingest.parsers.text import TextParser, heading_level

Parse = Callable[..., Any]


def test_paragraphs_title_and_numbered_headings_are_told(parse: Parse) -> None:
    text = (
        "员工手册\r\n\r\n第一章 总则\r\n\r\n第一条 本手册适用于全体员工。\r\n第二行。\r\n\r\n"
        "二、休假\r\n\r\n十二天。"
    )
    parsed = parse(TextParser(), text)

    assert parsed.facts.page_content == "员工手册"
    assert parsed.kinds == ["heading", "heading", "prose", "heading", "prose"]
    assert parsed.texts[2] == "第一条 本手册适用于全体员工。\n第二行。"
    assert parsed.paths[-1] == ("员工手册", "第一章 总则", "二、休假")


def test_text_without_a_title_has_none(parse: Parse) -> None:
    assert parse(TextParser(), "只有一段话。").facts.page_content == ""
    assert parse(TextParser(), "这是第一段。\n\n这是第二段。").facts.page_content == ""


def test_headings_right_above_their_text_are_told_too(parse: Parse) -> None:
    parsed = parse(TextParser(), "入职指南\n更新日期：2024年3月1日\n\n一、报到\n1. 上午九点到前台。")

    assert parsed.texts == ["入职指南", "更新日期：2024年3月1日", "一、报到", "1. 上午九点到前台。"]
    assert parsed.kinds == ["heading", "prose", "heading", "prose"]


def test_questions_and_answers_become_pairs(parse: Parse) -> None:
    parsed = parse(TextParser(), "问：几天年假？\n答：十二天。\n\n问：能顺延吗？\n答：能。")

    assert parsed.kinds == ["faq", "faq"]
    assert parsed.texts == ["问：几天年假？\n答：十二天。", "问：能顺延吗？\n答：能。"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("第一编 总则", 1),
        ("第三章 休假", 2),
        ("Chapter 4 Leave", 2),
        ("第二节　年假", 3),
        ("三、申请", 4),
        ("第三章 休假 ……… 12", None),  # an entry of a table of contents
        ("三、请于周五前提交申请。", None),
        ("第三条 员工有年假", None),
        ("Partly cloudy", None),
        ("", None),
    ],
)
def test_numbered_headings_are_told_by_their_form(line: str, level: int | None) -> None:
    assert heading_level(line) == level
