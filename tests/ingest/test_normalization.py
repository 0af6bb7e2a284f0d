"""The rules of normalization, and that they go no further."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalization import normalize, normalize_line


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("⽤⼾⾒⻅⻋", "用户見见车"),  # Kangxi and CJK radicals
        ("ﬁlled oﬃce", "filled office"),
        ("ＡＢＣ１２３", "ABC123"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("豈\ufa12", "豈晴"),  # compatibility ideographs
        ("so\u00adft hy\u00adphen", "soft hyphen"),
        ("a\x00b\x07c\u200b\ufeffd", "abcd"),
        ("safe\u202etxt.exe\U000e0041", "safetxt.exe"),
        ("a\u00a0b\u2003c", "a b c"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a \t\n\n\n\u3000\n\nb", "a\n\nb"),
        ("e\u0301", "é"),
        ("\ud83d\ude00 \ud83d", "😀 \ufffd"),
        ("\uf0b7 item", "• item"),
    ],
)
def test_compatibility_and_unseen_characters_are_normalized(raw: str, normal: str) -> None:
    assert normalize(raw) == normal


@pytest.mark.parametrize(
    "text", ["（你好），！：；", "m² ①½ ㎡ ℃", "前\u3000后", "a\n\nb", "👨‍👩‍👧 🏴", "नमस्ते"]
)
def test_what_carries_meaning_stays(text: str) -> None:
    assert normalize(text) == text


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    once = normalize(text)

    assert normalize(once) == once
    assert once == once.strip()
    once.encode("utf-8")


@given(st.text())
def test_normalized_line_has_no_line_end(text: str) -> None:
    line = normalize_line(text)

    assert len(line.splitlines()) <= 1
    assert normalize_line(line) == line
