"""Records of documents, and what of them a person is told."""

import json
from pathlib import Path

import pytest

from ingest.document_report import document_record, page_ranges, points_of_attention
from ingest.reading.document import ReadDocument, failed_document
from ingest.sources import SourceFile
from rag.knowledge_base import NewDocument, NewPassage


def _read(**report: object) -> ReadDocument:
    document = NewDocument(
        "a.pdf",
        "0" * 64,
        10,
        0,
        "pdf/1",
        text="年假。",
        lang="zh",
        modified="2025-01-01",
        pages=3,
        report=report,
    )
    return ReadDocument(document, [NewPassage("年假。", 0, 3)])


def test_record_tells_all_that_the_parser_reported() -> None:
    record = document_record(_read(encoding="gb18030", garbling=0.01, splitter="1:160:320"), "added")

    assert json.loads(json.dumps(record)) == record
    assert "splitter" not in record
    expected = {"source": "a.pdf", "status": "ok", "change": "added", "parser": "pdf/1", "pages": 3}
    expected |= {
        "characters": 3,
        "passages": 1,
        "language": "zh",
        "date": "2025-01-01",
        "encoding": "gb18030",
    }
    assert expected.items() <= record.items()


def test_record_of_a_failed_file_has_its_problem_and_no_language() -> None:
    file = SourceFile("b.pdf", Path("b.pdf"), 10, 0)
    record = document_record(failed_document(file, "pdf/1", "it needs a password"), "added")
    assert (record["problem"], record["language"], record["status"]) == (
        "it needs a password",
        None,
        "failed",
    )


def test_pages_doubtful_reading_and_warnings_are_pointed_out() -> None:
    record = document_record(
        _read(
            pages_without_text=[2],
            pages_by_ocr=[1, 2, 3, 7],
            ocr_confidence=0.5,
            warnings=["one", "two", "three", "four", "five"],
        ),
        "added",
    )
    assert [notice.reason for notice in points_of_attention(record)] == [
        "pages without text: 2",
        "pages read by OCR: 1–3, 7 (uncertain: confidence 0.50)",
        "one",
        "two",
        "three",
        "and 2 more warnings",
    ]


def test_good_document_needs_no_attention() -> None:
    assert not list(points_of_attention(document_record(_read(pages_without_text=[]), "added")))


@pytest.mark.parametrize(
    ("pages", "words"), [([], ""), ([4], "4"), ([3, 1, 2], "1–3"), ([1, 3, 4, 6], "1, 3–4, 6")]
)
def test_runs_of_pages_are_joined(pages: list[int], words: str) -> None:
    assert page_ranges(pages) == words
