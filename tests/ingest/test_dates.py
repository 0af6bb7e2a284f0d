"""Dates that documents give themselves."""

from datetime import UTC, date, datetime

import pytest

from ingest.dates import date_in_text, first_date, iso_date, month_in_text, parse_date


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01",
        "2024/3/1",
        "2024.03.01",
        "2024年3月1日",
        "2024 年 03 月 01 日",
        "二〇二四年三月一日",
        "1 March 2024",
        "March 1, 2024",
        "1st Mar 2024",
        "修订于2024年3月1日起",
    ],
)
def test_full_dates_are_understood(text: str) -> None:
    assert parse_date(text) == "2024-03-01"


@pytest.mark.parametrize(
    "text", ["", "2024", "2024年", "2024-13-01", "30 February 2024", "12345-67-89", "March 2024"]
)
def test_what_is_no_full_date_is_none(text: str) -> None:
    assert parse_date(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("放假通知\n\n发布日期：2024年3月1日\n\n正文提到2030年1月1日。", "2024-03-01"),
        ("Notice\nEffective: 1 March 2024\nText of 2030-01-01", "2024-03-01"),
        ("**更新日期**：2024/03/01\n发布日期：2023-01-01", "2024-03-01"),
        ("Report Date: 2024-03-01", "2024-03-01"),
        ("编号：17 发布日期：2024年3月1日 生效日期：2025年1月1日", "2024-03-01"),
        ("生效日期：2024年3月1日", "2024-03-01"),
        ("Policy HR-11, version 4, in force from 1 March 2024.", "2024-03-01"),
        ("版本：2 版，2024年3月1日起生效。", "2024-03-01"),
        ("Date of Report (Date of earliest event reported): March 1, 2024", "2024-03-01"),
        ("通知\n" + "正文。\n" * 80 + "人事部\n二〇二四年三月一日", "2024-03-01"),
        ("The war began on 1 September 1939.\nIt ended later.", ""),
        ("正文" * 40 + "\n" + "一行\n" * 40 + "发布日期：2024-03-01\n" + "一行\n" * 40, ""),
    ],
)
def test_own_date_is_labelled_or_alone_near_head_or_end(text: str, expected: str) -> None:
    assert date_in_text(text) == expected


def test_libraries_values_become_iso_8601() -> None:
    assert iso_date(datetime(2024, 3, 1, 9, 30, tzinfo=UTC)) == "2024-03-01T09:30:00+00:00"
    assert iso_date(date(2024, 3, 1)) == "2024-03-01"
    assert iso_date("2024-03-01T09:30:00") == "2024-03-01T09:30:00"
    assert iso_date("Thu, 01 Mar 2024") == "2024-03-01"
    assert first_date([None, "soon", "2024-03-01"]) == "2024-03-01"
    assert first_date([]) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("水泵手册\n2024年3月第5版", "2024-03"),
        ("Pump Manual\nRevision C, March 2024.", "2024-03"),
        ("Valid to 31 December 2026", ""),
        ("Version 2024", ""),
        ("一\n" * 10 + "2024年3月", ""),
    ],
)
def test_month_of_the_first_lines_counts_where_there_is_no_date(text: str, expected: str) -> None:
    assert month_in_text(text) == expected
