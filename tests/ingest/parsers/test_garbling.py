"""Text that is garbled in the ways PDF files bring about, and text that only looks odd."""

import pytest

from ingest.parsers.garbling import GARBLED, garbling

_ENGLISH = "The pump must be cleaned every six months; cut the power before you begin to take it apart. " * 4


@pytest.mark.parametrize(
    "text",
    [
        "\ufffd\ufffd\ufffd pump",
        "\ue001\ue002\ue003\ue004",
        "(cid:31)(cid:42)(cid:7) pump",
        "/G31/G42/G07/G11 pump",
        "È«ÊÀ½çÎÞ²úÕß pump",
        "".join(chr(max(33, ord(each) - 29)) for each in _ENGLISH if each != " "),  # glyph numbers as letters
        "氓膗觓灎鼢讋麤鱻驫靐龘爨" * 6,
    ],
)
def test_garbled_text_is_told(text: str) -> None:
    assert garbling([text]) > GARBLED


@pytest.mark.parametrize(
    "text",
    [
        "",
        _ENGLISH,
        "水泵必须每六个月清洗一次，清洗之前应先切断电源并关闭阀门，清洗之后应检查密封圈。" * 3,
        "Où les bûches se consument dans l'âtre, ce qui lui permet de penser à la cænogénèse de l'être.",
        "WJ-2031-B, WJ-2032-C, HTTP, XML, PDF",
    ],
)
def test_readable_text_is_left_alone(text: str) -> None:
    assert garbling([text]) == 0


def test_share_is_of_the_characters_that_are_seen() -> None:
    assert garbling(["ab \ufffd", "c"]) == 0.25
