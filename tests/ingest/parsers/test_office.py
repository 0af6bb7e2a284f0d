"""What Office files are wrapped in: old formats, passwords, other types under their names."""

import io
import logging
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from langchain_core.documents.base import Blob
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook
from pptx import Presentation

from ingest.parsers import KNOWN_SUFFIXES, parser_for
from ingest.parsers.archive import open_archive, read_entry
from ingest.parsers.base import UnreadableFile
from ingest.parsers.content import content_suffix
from ingest.parsers.office_container import unlocked
from ingest.parsers.reading_context import passwords, using_passwords

Parse = Callable[..., Any]


def word_file() -> bytes:
    """A Word file with one paragraph."""
    document = docx.Document()
    document.add_paragraph("机密正文。")
    return save(document)


def save(document: Any) -> bytes:
    """An Office document's file."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def encrypted(data: bytes, password: str) -> bytes:
    """The file as Office encrypts it."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, buffer)
    return buffer.getvalue()


def compound_file(stream: str) -> bytes:
    """An OLE container with one empty stream ([MS-CFB] 2): header, one FAT sector, one directory sector."""

    def entry(name: str, kind: int, child: int) -> bytes:
        encoded = (name + "\0").encode("utf-16-le")
        links = b"\xff" * 8 + child.to_bytes(4, "little", signed=True)
        head = encoded.ljust(64, b"\0") + len(encoded).to_bytes(2, "little") + bytes([kind, 1]) + links
        return head + b"\0" * 36 + (0xFFFFFFFE).to_bytes(4, "little") + b"\0" * 8

    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + b"\0" * 10
    for number in (1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0):
        header += number.to_bytes(4, "little")
    header += b"\xff" * (512 - len(header))
    table = b"\xfd\xff\xff\xff" + b"\xfe\xff\xff\xff" + b"\xff" * 504
    directory = entry("Root Entry", 5, 1) + entry(stream, 2, -1) + b"\0" * 256
    return header + table + directory


def test_file_with_a_password_is_read_with_it(parse: Parse) -> None:
    data = encrypted(word_file(), "开门")
    parser = parser_for(".docx")

    with pytest.raises(UnreadableFile, match=r"^it needs a password$"):
        parse(parser, data)
    with using_passwords(["wrong"]), pytest.raises(UnreadableFile, match=r"^it needs another password$"):
        parse(parser, data)
    with using_passwords(["wrong", "开门"]):
        assert parse(parser, data).texts == ["机密正文。"]


def test_file_protected_only_against_changes_is_read_without_a_password(parse: Parse) -> None:
    assert parse(parser_for(".docx"), encrypted(word_file(), "VelvetSweatshop")).texts == ["机密正文。"]


def test_damaged_encrypted_file_is_refused(parse: Parse) -> None:
    data = encrypted(word_file(), "x")

    with using_passwords(["x"]), pytest.raises(UnreadableFile):
        parse(parser_for(".docx"), data[: len(data) // 2])


def test_passwords_are_those_of_the_context() -> None:
    with using_passwords(["a", "b", "a"]):
        assert passwords() == ("a", "b")
        with using_passwords([]):
            assert passwords() == ()
    assert passwords() == ()


@pytest.mark.parametrize(
    ("stream", "advice"),
    [
        ("WordDocument", "an old Word file: save it as .docx"),
        ("Workbook", "an old Excel file: save it as .xlsx"),
        ("PowerPoint Document", "an old PowerPoint file: save it as .pptx"),
        ("Contents", "an OLE container without"),
    ],
)
@pytest.mark.parametrize("suffix", [".doc", ".xls", ".ppt", ".docx", ".xlsx", ".pptx", ".wps"])
def test_old_files_are_named_whatever_they_are_called(
    parse: Parse, stream: str, advice: str, suffix: str
) -> None:
    assert suffix in KNOWN_SUFFIXES  # else they would be skipped, not failed
    with pytest.raises(UnreadableFile, match=advice):
        parse(parser_for(suffix), compound_file(stream))


def test_content_beats_the_name(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    book: Any = Workbook()
    book.active.append(["x", "y"])
    html = "<html xmlns:x='urn:x'><body><table><tr><td>a</td><td>b</td></tr></table></body></html>"

    with caplog.at_level(logging.WARNING):
        assert parse(parser_for(".doc"), word_file()).texts == ["机密正文。"]
        assert parse(parser_for(".docx"), save(book)).texts[-1] == "x | y"
        assert parse(parser_for(".xls"), html).texts == ["a | b"]
        assert parse(parser_for(".doc"), r"{\rtf1 Hello.\par}").texts == ["Hello."]

    assert "by its content it is a .xlsx file, and was read as one" in caplog.text
    with pytest.raises(UnreadableFile, match="isn't the old Office file"):
        parse(parser_for(".doc"), b"\x01\x02\x03 something")


@pytest.mark.parametrize("delimiter", ["\t", ","])
def test_text_tables_exported_as_excel_are_read(delimiter: str) -> None:
    blob = Blob.from_data(f"a{delimiter}b\n1{delimiter}2\n", path="a.xls")
    parser = parser_for(".xls")

    assert parser is not None
    assert [each.page_content for each in parser.lazy_parse(blob)][1:] == ["a | b", "1 | 2"]


@pytest.mark.parametrize(
    ("suffix", "plain", "other"),
    [
        (
            ".docm",
            "vnd.openxmlformats-officedocument.wordprocessingml.document.main",
            "vnd.ms-word.document.macroEnabled.main",
        ),
        (
            ".pptm",
            "vnd.openxmlformats-officedocument.presentationml.presentation.main",
            "vnd.ms-powerpoint.presentation.macroEnabled.main",
        ),
        (
            ".ppsx",
            "vnd.openxmlformats-officedocument.presentationml.presentation.main",
            "vnd.openxmlformats-officedocument.presentationml.slideshow.main",
        ),
    ],
)
def test_files_with_macros_and_slide_shows_are_read(
    parse: Parse, suffix: str, plain: str, other: str
) -> None:
    presentation = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = "机密正文。"
    original = word_file() if suffix == ".docm" else save(presentation)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(original)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(plain.encode(), other.encode()))

    assert parse(parser_for(suffix), buffer.getvalue()).texts == ["机密正文。"]


def test_types_are_told_by_content() -> None:
    assert content_suffix(save(Presentation())) == ".pptx"
    assert content_suffix(b"%PDF-1.7\n") == ".pdf"
    assert content_suffix(b"\xef\xbb\xbf\n<!DOCTYPE html><p>") == ".html"
    assert content_suffix(b"MIME-Version: 1.0\r\nContent-Type: multipart/related") == ".eml"
    assert content_suffix(b"PK\x03\x04 cut off") == ""
    assert content_suffix(b"Any text <html>") == ""


def test_entry_that_lies_about_its_size_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 150_000_000)
    data = bytearray(buffer.getvalue())
    place = data.rfind(b"PK\x01\x02") + 24  # the directory's word on the size
    data[place : place + 4] = (1000).to_bytes(4, "little")

    with pytest.raises(UnreadableFile, match="isn't a whole zip archive"):
        open_archive(bytes(data))


def test_archive_of_many_large_entries_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.xml", b" " * 15_000_000)

    with pytest.raises(UnreadableFile, match=r"unpacks to 0\.1 GB"):
        open_archive(buffer.getvalue(), most_bytes=50_000_000)


def test_damaged_entry_is_named() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xml", "some text")
    data = buffer.getvalue().replace(b"some text", b"some next")

    with open_archive(data) as archive, pytest.raises(UnreadableFile, match=r"'a\.xml' in it is damaged"):
        read_entry(archive, "a.xml")


def test_other_files_pass_unchanged() -> None:
    assert unlocked(b"PK\x03\x04") == b"PK\x03\x04"
