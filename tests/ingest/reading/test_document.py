"""One file to a document: every trouble becomes a reason, nothing escapes."""

import hashlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.reading import document as reading
from ingest.reading.document import read_document
from ingest.sources import SourceFile
from ingest.splitter import PassageSplitter


def _file(tmp_path: Path, name: str, content: bytes) -> SourceFile:
    path = tmp_path / name
    path.write_bytes(content)
    return SourceFile(name, path, len(content), 1_700_000_000_000_000_000)


def _read_with(
    parser: BaseBlobParser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> reading.ReadDocument:
    monkeypatch.setattr(reading, "parser_for", lambda suffix: parser)
    return read_document(_file(tmp_path, "a.xyz", b"x"), PassageSplitter())


def test_document_carries_what_was_found_out(tmp_path: Path) -> None:
    content = "# 通知\n\n发布日期：2024-03-01\n\n年假十二天。".encode("gbk")

    document, passages = (
        (read := read_document(_file(tmp_path, "a.md", content), PassageSplitter())).document,
        read.passages,
    )

    assert document.status == "ok" and document.problem is None
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert (document.title, document.lang, document.modified) == ("通知", "zh", "2024-03-01")
    assert document.parser == "markdown/1"
    assert document.report["encoding"] == "gb18030"
    assert document.report["splitter"] == PassageSplitter().fingerprint
    assert [passage.text for passage in passages] == [document.text]


def test_file_without_a_date_of_its_own_has_the_files(tmp_path: Path) -> None:
    document = read_document(_file(tmp_path, "a.txt", b"No date here."), PassageSplitter()).document

    assert document.modified == "2023-11-14T22:13:20+00:00"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "the file is empty"),
        ("a.txt", b" \n\t\n", "no text in it"),
        ("a.html", b"<script>x</script>", "no text in it"),
        ("a.xyz", b"x", "unknown type .xyz"),
    ],
)
def test_file_without_text_fails_with_a_reason(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    read = read_document(_file(tmp_path, name, content), PassageSplitter())

    assert (read.document.status, read.document.problem) == ("failed", problem)
    assert (read.document.text, read.passages) == ("", [])


def test_file_that_went_away_fails_with_the_systems_reason(tmp_path: Path) -> None:
    file = _file(tmp_path, "a.txt", b"x")
    file.path.unlink()

    assert (
        read_document(file, PassageSplitter()).document.problem
        == "it can't be read: No such file or directory"
    )


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ValueError("bad\nthing"), "its parser failed: ValueError: bad thing"),
        (RecursionError(), "it is nested too deeply to be read"),
        (MemoryError(), "it is too large for the memory there is"),
    ],
)
def test_whatever_a_parser_raises_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, problem: str
) -> None:
    class Raising(BaseBlobParser):
        def lazy_parse(self, blob: Blob) -> Iterator[Document]:
            yield Document(page_content="begun")
            raise error

    document = _read_with(Raising(), monkeypatch, tmp_path).document

    assert (document.status, document.problem) == ("failed", problem)


def test_any_langchain_parser_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Foreign(BaseBlobParser):
        def lazy_parse(self, blob: Blob) -> Iterator[Document]:
            yield Document(page_content="第一页。", metadata={"page": 1, "source": blob.source})
            yield Document(page_content="第二页。", metadata={"page": 2})

    read = _read_with(Foreign(), monkeypatch, tmp_path)

    assert read.document.parser == "Foreign/1"
    assert [(passage.text, passage.page) for passage in read.passages] == [("第一页。", 1), ("第二页。", 2)]


def test_what_libraries_log_and_warn_is_in_the_report_and_not_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Noisy(BaseBlobParser):
        def lazy_parse(self, blob: Blob) -> Iterator[Document]:
            for number in range(50):
                logging.getLogger("pypdf").warning("object %d is odd", number)
            warnings.warn("careful", stacklevel=1)
            yield Document(page_content="text")

    report = _read_with(Noisy(), monkeypatch, tmp_path).document.report

    assert report["warnings"] == ["object 0 is odd", "careful"]
    assert caplog.records == []
