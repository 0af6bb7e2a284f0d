"""The real documents of the folder that WENJU_DOCUMENTS names, with FOLDER.expected.jsonl beside it.

Each line of the expectations: the file, its kind, and a string that its stored text must hold after NFKC,
without soft hyphens and white space. Broken files must fail, with a reason, within seconds.
"""

import json
import os
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from ingest.parsers import KNOWN_SUFFIXES
from ingest.parsers.reading_context import using_passwords
from ingest.reading.document import read_document
from ingest.sources import SourceFile
from ingest.splitter import PassageSplitter

_FOLDER = Path(os.environ.get("WENJU_DOCUMENTS", ""))
_EXPECTATIONS = _FOLDER.parent / f"{_FOLDER.name}.expected.jsonl"
_READABLE = {"text", "table", "encoding", "two-column", "hard", "repairable", "encrypted-empty-password"}
_READABLE |= {"scanned-with-text", "scanned", "no-text"}
_UNREADABLE = {"broken", "empty"}
_SLOWEST_REFUSAL = 10.0  # seconds


def _expectations() -> list[dict[str, Any]]:
    if not os.environ.get("WENJU_DOCUMENTS") or not _EXPECTATIONS.exists():
        return []
    lines = _EXPECTATIONS.read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    return [case for case in cases if Path(case["file"]).suffix in KNOWN_SUFFIXES]


def _cases(kinds: set[str]) -> list[Any]:
    found = [case for case in _expectations() if case["kind"] in kinds]
    if found:
        return [pytest.param(case, id=case["file"]) for case in found]
    reason = "WENJU_DOCUMENTS names no folder with FOLDER.expected.jsonl beside it"
    return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]


def _compared(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("\u00ad", "").split())


def _file(case: dict[str, Any]) -> SourceFile:
    path = _FOLDER / case["file"]
    info = path.stat()
    return SourceFile(case["file"], path, info.st_size, info.st_mtime_ns)


@pytest.mark.parametrize("case", _cases(_READABLE))
def test_expected_text_is_read_and_every_passage_is_a_slice_of_it(case: dict[str, Any]) -> None:
    read = read_document(_file(case), PassageSplitter())

    assert read.document.problem is None
    assert _compared(case["expect"]) in _compared(read.document.text)
    assert read.passages
    for passage in read.passages:
        assert read.document.text[passage.start : passage.end] == passage.text == passage.text.strip()
    if case.get("pages"):
        assert read.document.pages == case["pages"]
        assert all(passage.page is not None for passage in read.passages)


@pytest.mark.parametrize("case", _cases({"encoding"}))
def test_encoding_is_detected_and_reported(case: dict[str, Any]) -> None:
    alike = {"gbk": "gb18030", "latin-1": "cp1252", "utf-32": "utf-32-le"}

    reported = read_document(_file(case), PassageSplitter()).document.report["encoding"]

    assert reported == alike.get(case["encoding"], case["encoding"])


@pytest.mark.parametrize("case", _cases(_UNREADABLE))
def test_file_without_readable_text_fails_soon_and_with_a_reason(case: dict[str, Any]) -> None:
    started = time.perf_counter()
    read = read_document(_file(case), PassageSplitter())

    assert read.document.status == "failed"
    assert read.document.problem
    assert read.passages == []
    assert time.perf_counter() - started < _SLOWEST_REFUSAL


@pytest.mark.parametrize("case", _cases({"legacy"}))
def test_file_of_an_old_format_fails_and_says_what_to_save_it_as(case: dict[str, Any]) -> None:
    document = read_document(_file(case), PassageSplitter()).document

    assert document.status == "failed"
    assert f"save it as {case['file'][-4:]}x" in (document.problem or "")


@pytest.mark.parametrize("case", _cases({"encrypted"}))
def test_encrypted_file_is_read_with_its_password_and_not_with_another(case: dict[str, Any]) -> None:
    with using_passwords(["another", case["password"]] if case.get("password") else []):
        read = read_document(_file(case), PassageSplitter()).document
    with using_passwords(["another"]):
        refused = read_document(_file(case), PassageSplitter()).document

    if case.get("password"):
        assert read.problem is None
        assert _compared(case["expect"]) in _compared(read.text)
        assert refused.problem in (None, "it needs another password")  # None: the owner's password is empty


@pytest.mark.parametrize("case", _cases({"encrypted"}))
def test_encrypted_file_is_read_or_said_to_need_a_password(case: dict[str, Any]) -> None:
    document = read_document(_file(case), PassageSplitter()).document

    if document.status == "ok":  # opens with an empty owner password
        assert _compared(case["expect"]) in _compared(document.text)
    else:
        assert document.problem == "it needs a password"
