"""Numerals in words become digits, and words that only look like them don't."""

import pytest

from rag.text.numerals import with_digits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百", "300"),
        ("一百零五", "105"),
        ("十二天", "12天"),
        ("一万二千元", "12000元"),
        ("三亿五千万", "350000000"),
        ("3.5万", "35000"),
        ("两万", "20000"),
        ("两个月", "2个月"),
        ("二零二六年", "2026年"),
        ("百分之二十", "20 %"),
        ("第三", "第3"),
        ("ninety dollars", "90 dollars"),
        ("one hundred and fifty", "150"),
        ("two thousand five hundred and twelve", "2512"),
        ("twenty-one days", "21 days"),
        ("the third floor", "the 3rd floor"),
    ],
)
def test_numerals_become_digits(text: str, expected: str) -> None:
    assert with_digits(text) == expected


@pytest.mark.parametrize(
    "text",
    ["万一", "千万别", "三四天", "一百五", "三万五", "两月", "二次", "一月", "一点", "五百千克", "attend"],
)
def test_what_is_no_plain_number_stays(text: str) -> None:
    assert with_digits(text) == text
