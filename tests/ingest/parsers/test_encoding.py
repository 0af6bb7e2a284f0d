"""Encodings of text files, short Chinese ones above all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsers.base import UnreadableFile
from ingest.parsers.encoding import decode, plausibility

SIMPLIFIED = "公司员工每年享有十二天带薪年假，入职满一年后可以申请。"
TRADITIONAL = "公司員工每年享有十二天帶薪年假，入職滿一年後可以申請。"
JAPANESE = "お知らせ：来週の月曜日は休業です。"
GERMAN = "Die schöne Frau hat einen Kaffee mit Kuchen gegessen, für 3 €."


@pytest.mark.parametrize(
    ("text", "codec", "reported"),
    [
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        (SIMPLIFIED, "utf-16", "utf-16-le"),
        (SIMPLIFIED, "utf-32", "utf-32-le"),
        (SIMPLIFIED + "\nABC\n", "utf-16-be", "utf-16-be"),
        (SIMPLIFIED + "\nABC\n", "utf-32-be", "utf-32-be"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (GERMAN, "cp1252", "cp1252"),
        ("安녕하세요 회사는 서울에 있습니다.", "cp949", "euc_kr"),
        ("plain", "ascii", "utf-8"),
    ],
)
def test_encoding_is_told_from_the_text(text: str, codec: str, reported: str) -> None:
    decoded = decode(text.encode(codec))

    assert decoded.text == text
    assert decoded.encoding in (reported, reported.replace("-", "_"))


@pytest.mark.parametrize(
    "text", ["年假五天。", "价格表", "请假须知", "產品手冊", "請假須知 A-100", "können", "señor año"]
)
def test_very_short_texts_are_told_too(text: str) -> None:
    codec = "cp1252" if text.isascii() or "ö" in text or "ñ" in text else "gb18030"
    if "產" in text or "請" in text:
        codec = "big5"

    assert decode(text.encode(codec)).text == text


def test_declared_encoding_is_followed_if_the_bytes_are_valid_in_it() -> None:
    assert decode("价格表".encode("gbk"), "gb2312").encoding == "gb18030"
    assert decode("价格表".encode(), "big5-nonsense").encoding == "utf-8"
    assert decode("价格表".encode("gbk"), "utf-8").text == "价格表"
    assert decode("价格表".encode("gbk"), "iso-8859-1").text == "价格表"  # declared by templates


@pytest.mark.parametrize("data", [bytes(range(256)) * 40, b"\x00" * 1000, b"\x01\x02\x03" * 500])
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        decode(data)


@given(st.text())
def test_utf8_always_comes_back(text: str) -> None:
    encoded = ("甲" + text.replace("\x1b", "").lstrip("\ufeff")).encode()
    try:
        decoded = decode(encoded)
    except UnreadableFile:  # mostly control characters
        return
    assert decoded.text.encode(decoded.encoding) == encoded


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode(data).text, str)
    except UnreadableFile as error:
        assert str(error)


def test_the_right_table_reads_more_plausibly_than_the_wrong_one() -> None:
    assert plausibility(SIMPLIFIED) > 0.5 > plausibility(SIMPLIFIED.encode("gbk").decode("cp950", "replace"))


@pytest.mark.parametrize(
    "text", ["name,age\nAnn\x00,30\nBob,40\n", "年假\x00十二天。", "a\x00b and more text here"]
)
def test_stray_nul_characters_dont_make_it_utf_16(text: str) -> None:
    for data in (text.encode(), text.encode() + b"\n"):
        assert decode(data).text.rstrip("\n") == text.rstrip("\n")


def test_utf_16_without_a_mark_is_still_told_from_stray_nul_characters() -> None:
    for text in ("年假十二天，\n可以顺延。", "Plain text.", "员工每年有十二天的年假，可以在下一年使用。\n"):
        for encoding in ("utf-16-le", "utf-16-be"):
            assert decode(text.encode(encoding)).text == text
