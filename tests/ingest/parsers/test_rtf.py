"""RTF: encodings, tables, refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from ingest.parsers.base import UnreadableFile
from ingest.parsers.rtf import RtfParser

Parse = Callable[..., Any]


def test_text_of_both_languages_and_tables_are_read(parse: Parse) -> None:
    chinese = "".join(f"\\'{byte:02x}" for byte in "年假十二天。".encode("gbk"))
    data = (
        r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}\f0 "
        + chinese
        + r"\par\par Unused \u24180? ends."
        r"\par\par\trowd\cellx1\cellx2 A\cell B\cell\row {\pict 89504e47}\par}"
    )

    text = "\n".join(parse(RtfParser(), data).texts)

    assert "年假十二天。" in text
    assert "Unused 年 ends." in text
    assert "A | B" in text
    assert "89504e47" not in text


def test_other_files_are_refused(parse: Parse) -> None:
    with pytest.raises(UnreadableFile, match="isn't an RTF file"):
        parse(RtfParser(), "plain")
