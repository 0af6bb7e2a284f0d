"""The report's words, JSON and exit status."""

import json

import pytest

from ingest.report import IngestReport
from ingest.sources import Notice


def test_json_has_the_keys_of_the_contract() -> None:
    report = IngestReport("docs", files=2, added=1, failed=[Notice("b.pdf", "broken")], seconds=1.23456)

    assert json.loads(report.to_json()) == {
        "files": 2,
        "added": 1,
        "changed": 0,
        "removed": 0,
        "renamed": 0,
        "unchanged": 0,
        "passages": 0,
        "failed": [{"source": "b.pdf", "reason": "broken"}],
        "skipped": [],
        "repeated_passages": 0,
        "documents": [],
        "seconds": 1.235,
        "glossary": None,
        "generation": None,
        "interrupted": False,
        "left": 0,
    }


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (IngestReport("d", added=2), 0),
        (IngestReport("d", skipped=[Notice("a.xyz", "unknown")]), 0),
        (IngestReport("d", unchanged=1, failed=[Notice("a", "b")]), 3),
        (IngestReport("d", failed=[Notice("a", "b")]), 1),
        (IngestReport("d", added=1, interrupted=True), 130),
        (IngestReport("d", added=1, failed=[Notice("a", "b")], discarded=True), 1),
    ],
)
def test_exit_status_tells_how_it_went(report: IngestReport, status: int) -> None:
    assert report.exit_status == status


def test_text_names_every_file_that_needs_attention() -> None:
    report = IngestReport(
        "docs",
        files=3,
        added=1,
        failed=[Notice("b.pdf", "it needs a password")],
        skipped=[Notice("c.xyz", "unknown type .xyz")],
        documents=[{"source": "a.pdf", "status": "ok", "pages_without_text": [2]}],
        glossary={"source": "terms.txt", "entries": 1},
        interrupted=True,
        left=1,
    )

    text = report.to_text()

    assert text.startswith("docs: 3 files: 1 added, 0 changed")
    for line in ("b.pdf: it needs a password", "c.xyz: unknown type .xyz", "a.pdf: pages without text: 2"):
        assert f"\n  {line}" in text
    assert "stopped: 1 document left" in text
    assert "glossary: terms.txt, 1 line" in text
