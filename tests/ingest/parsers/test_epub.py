"""EPUB files made for the purpose."""

import io
import logging
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ingest.parsers.base import UnreadableFile
from ingest.parsers.epub import EpubParser

Parse = Callable[..., Any]

_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_BOOK = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>水泵手册</dc:title><dc:date>2024-05-06</dc:date></metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="one" href="text/one%201.xhtml" media-type="application/xhtml+xml"/>
<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="out" href="../../../etc/passwd" media-type="application/xhtml+xml"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="two"/><itemref idref="one"/>EXTRA</spine></package>"""
_FILES = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": _CONTAINER,
    "OPS/book.opf": _BOOK.replace("EXTRA", ""),
    "OPS/nav.xhtml": '<html><body><nav><a href="text/one%201.xhtml#a">Upkeep</a></nav></body></html>',
    "OPS/text/one 1.xhtml": "<html><body><p>Oil it yearly.</p></body></html>",
    "OPS/text/two.xhtml": (
        '<?xml version="1.0" encoding="utf-8"?><html><body><h1>安装</h1><p>先断电。</p></body></html>'
    ),
}


def book(changes: Mapping[str, str | None] | None = None) -> bytes:
    """A book of two pages, with entries changed or (None) left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_FILES, **(changes or {})}.items():
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def encryption(target: str, method: str) -> str:
    """A META-INF/encryption.xml that names one entry."""
    return (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>'
        f'<e:EncryptionMethod Algorithm="{method}"/><e:CipherData><e:CipherReference URI="{target}"/>'
        "</e:CipherData></e:EncryptedData></encryption>"
    )


def test_pages_are_read_in_the_order_of_the_spine(parse: Parse) -> None:
    parsed = parse(EpubParser(), book())

    assert parsed.texts == ["安装", "先断电。", "Upkeep", "Oil it yearly."]
    assert parsed.paths == [("安装",), ("安装",), ("Upkeep",), ("Upkeep",)]
    assert parsed.facts.page_content == "水泵手册"
    assert parsed.facts.metadata["modified"] == "2024-05-06"


def test_chapters_of_an_old_table_of_contents_are_taken(parse: Parse) -> None:
    opf = _FILES["OPS/book.opf"].replace("<spine>", '<spine toc="ncx">').replace('properties="nav"', "")
    opf = opf.replace("<manifest>", '<manifest><item id="ncx" href="toc.ncx"/>')
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>保养</text></navLabel>'
        '<content src="text/one%201.xhtml"/></navPoint></navMap></ncx>'
    )

    parsed = parse(EpubParser(), book({"OPS/book.opf": opf, "OPS/toc.ncx": ncx}))

    assert ("保养",) in parsed.paths


def test_paths_out_of_the_archive_lead_nowhere(parse: Parse, caplog: pytest.LogCaptureFixture) -> None:
    opf = _BOOK.replace("EXTRA", '<itemref idref="out"/><itemref idref="nothing"/>')

    with caplog.at_level(logging.WARNING):
        parsed = parse(EpubParser(), book({"OPS/book.opf": opf, "../../evil.xhtml": "<p>evil</p>"}))

    assert parsed.texts == ["安装", "先断电。", "Upkeep", "Oil it yearly."]
    assert "missing from the file: ../../etc/passwd, nothing" in caplog.text


def test_encrypted_pages_are_named_and_scrambled_fonts_are_not(parse: Parse) -> None:
    locked = encryption("OPS/text/two.xhtml", "http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    font = encryption("OPS/font.otf", "http://www.idpf.org/2008/embedding")

    assert parse(EpubParser(), book({"META-INF/encryption.xml": font})).texts[0] == "安装"
    with pytest.raises(UnreadableFile, match="DRM"):
        parse(EpubParser(), book({"META-INF/encryption.xml": locked}))


def test_entities_are_not_expanded(parse: Parse) -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "lol"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    opf = bomb + _FILES["OPS/book.opf"].replace("水泵手册", "T&b;&f;")

    assert parse(EpubParser(), book({"OPS/book.opf": opf})).facts.page_content == "T"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"META-INF/container.xml": None}, "isn't an EPUB file"),
        ({"OPS/book.opf": None}, "package document is missing"),
        ({"OPS/book.opf": ""}, "damaged|empty"),
        ({"OPS/pictures.bin": "x" * 40_000_000}, "zip bomb"),
    ],
)
def test_what_is_no_book_is_refused(parse: Parse, changes: dict[str, str | None], reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        parse(EpubParser(), book(changes))


def test_cut_off_file_is_refused(parse: Parse) -> None:
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        parse(EpubParser(), book()[:-100])
