"""What is told of each file that was read: for programs, and what a person should look at."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ingest.reading.document import ReadDocument
from ingest.sources import Notice
from rag.knowledge_base import Writer

_WARNINGS_SHOWN = 3
_POOR_OCR = 0.8  # mean confidence
_PAGES = {
    "pages_without_text": "pages without text",
    "garbled_pages": "garbled pages",
    "pages_by_ocr": "pages read by OCR",
    "hidden_slides": "hidden slides, read too",
}


def document_record(read: ReadDocument, change: str) -> dict[str, Any]:
    """All that is known of a file and its reading, JSON-able.

    ``change`` is "added" or "changed". What a parser reports beyond the common keys (``encoding``,
    ``pages_without_text``, ``pages_by_ocr``, ``garbling`` …) stands beside them under its own name.
    """
    document = read.document
    report = {key: value for key, value in document.report.items() if key != "splitter"}
    return {
        "source": document.source,
        "status": document.status,
        "change": change,
        "problem": document.problem,
        "parser": document.parser,
        "bytes": document.size,
        "pages": document.pages,
        "characters": len(document.text),
        "passages": len(read.passages),
        "language": document.lang if document.status == "ok" else None,
        "date": document.modified or None,
        "title": document.title or None,
        **report,
    }


def note_repetition(record: dict[str, Any], writer: Writer, root_id: int) -> None:
    """Add to a document's record which others are much like it, and how many passages stand elsewhere too."""
    if record["status"] != "ok":
        return
    source = record["source"]
    record["similar"] = [
        {"source": each.source, "root": each.root, "similarity": each.similarity}
        for each in writer.similar_documents(root_id, source)
    ]
    record["repeated_passages"] = writer.repeated_passages(root_id, source)


def points_of_attention(record: dict[str, Any]) -> Iterator[Notice]:
    """What a person should know of a document that was read, most telling first."""
    source = record["source"]
    for key, words in _PAGES.items():
        if pages := record.get(key):
            confidence = record.get("ocr_confidence") if key == "pages_by_ocr" else None
            poor = confidence is not None and confidence < _POOR_OCR
            doubt = f" (uncertain: confidence {confidence:.2f})" if poor else ""
            yield Notice(source, f"{words}: {page_ranges(pages)}{doubt}")
    if sheets := record.get("hidden_sheets"):
        yield Notice(source, f"hidden sheets, read too: {', '.join(sheets)}")
    if similar := record.get("similar"):
        yield Notice(
            source,
            "; ".join(f"much like {_other(each, source)} ({each['similarity']:.0%})" for each in similar),
        )
    warnings = record.get("warnings", [])
    for warning in warnings[:_WARNINGS_SHOWN]:
        yield Notice(source, warning)
    if len(warnings) > _WARNINGS_SHOWN:
        yield Notice(source, f"and {len(warnings) - _WARNINGS_SHOWN} more warnings")


def _other(similar: dict[str, Any], source: str) -> str:
    """Another document's source; with its root where it has the same one, as it can only in another root."""
    return f"{similar['root']}/{source}" if similar["source"] == source else str(similar["source"])


def page_ranges(pages: list[int]) -> str:
    """Page numbers in words: ``1–3, 7``."""
    runs = [
        [page for _, page in run]
        for _, run in groupby(enumerate(sorted(pages)), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
