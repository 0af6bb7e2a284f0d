"""One file to what is stored of it: the parser is run, its text assembled and split.

Nothing of what a file may do to its parser gets out: every trouble becomes a document of status "failed".
"""

import hashlib
import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import date_in_text, month_in_text, parse_date
from ingest.document_text import DocumentText, assemble
from ingest.parsers import parser_for, parser_name
from ingest.parsers.base import UnreadableFile
from ingest.parsers.reading_context import ocr_enabled
from ingest.sources import SourceFile
from ingest.splitter import PassageSplitter
from rag.knowledge_base import NewDocument, NewPassage
from rag.text.language import language_of

logger = logging.getLogger(__name__)

_NOISY = (
    "charset_normalizer",
    "ingest.parsers",
    "markdown_it",
    "msoffcrypto",
    "olefile",
    "openpyxl",
    "pptx",
    "pypdf",
    "RapidOCR",
)
_MOST_WARNINGS = 20
_LONGEST_TITLE = 300  # characters
_LANGUAGE_SAMPLE = 20_000  # characters


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document ready to be stored, and its passages (none if its status is "failed")."""

    document: NewDocument
    passages: list[NewPassage] = field(default_factory=list)


def read_document(
    file: SourceFile, splitter: PassageSplitter, *, most_characters: int = 20_000_000
) -> ReadDocument:
    """Read a file. What can't be read, or gives more text than ``most_characters``, is a document of status
    "failed" whose ``problem`` says why.
    """
    started = time.perf_counter()
    parser = parser_for(file.suffix)
    name = parser_name(parser) if parser is not None else ""
    digest = ""
    messages: list[str] = []
    try:
        if parser is None:
            raise UnreadableFile(f"unknown type {file.suffix}")
        data = file.path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if not data:
            raise UnreadableFile("the file is empty")
        with _captured(messages):
            facts, text = _parse(parser, data, file.source, most_characters)
        if not text.text:
            raise UnreadableFile(_why_no_text(facts))
    except Exception as error:  # a parser may raise anything; KeyboardInterrupt passes
        logger.debug("reading %s failed", file.source, exc_info=True)
        report = {**_report(messages, started), "splitter": splitter.fingerprint}
        return failed_document(file, name, _reason(error), digest, report)
    title = facts.page_content[:_LONGEST_TITLE]
    passages = split_text(splitter, text, title)
    modified = (
        date_in_text(text.text)
        or str(facts.metadata.get("modified") or "")
        or parse_date(file.path.stem)
        or month_in_text(text.text)
        or _file_date(file.mtime_ns)
    )
    document = NewDocument(
        source=file.source,
        sha256=digest,
        size=file.size,
        mtime_ns=file.mtime_ns,
        parser=name,
        text=text.text,
        title=title,
        lang=language_of(text.text[:_LANGUAGE_SAMPLE]),
        modified=modified,
        pages=facts.metadata.get("pages"),
        report={
            **facts.metadata.get("report", {}),
            **_report(messages, started),
            "splitter": splitter.fingerprint,
            **({} if ocr_enabled() else {"ocr": False}),
        },
    )
    return ReadDocument(document, passages)


def failed_document(
    file: SourceFile, parser: str, problem: str, digest: str = "", report: Mapping[str, Any] | None = None
) -> ReadDocument:
    """What is stored of a file that can't be read."""
    return ReadDocument(
        NewDocument(
            source=file.source,
            sha256=digest,
            size=file.size,
            mtime_ns=file.mtime_ns,
            parser=parser,
            status="failed",
            problem=problem,
            report=report or {},
        )
    )


def _parse(
    parser: BaseBlobParser, data: bytes, source: str, most_characters: int
) -> tuple[Document, DocumentText]:
    facts = Document(page_content="", metadata={})
    blocks: list[Document] = []
    characters = 0
    for each in parser.lazy_parse(Blob.from_data(data, path=source)):
        if each.metadata.get("kind") == "file":
            facts = each
            continue
        blocks.append(each)
        characters += len(each.page_content)
        if characters > most_characters:
            raise UnreadableFile(f"it holds more than {most_characters:,} characters of text")
    return facts, assemble(blocks)


def split_text(splitter: PassageSplitter, text: DocumentText, title: str) -> list[NewPassage]:
    """The passages of a document's text, in order, as they are stored."""
    document = Document(page_content=text.text, metadata={"title": title, "blocks": text.blocks})
    return [
        NewPassage(
            text=passage.page_content,
            start=passage.metadata["start"],
            end=passage.metadata["end"],
            page=passage.metadata["page"],
            heading=passage.metadata["heading"],
            context=passage.metadata["context"],
            kind=passage.metadata["kind"],
            lang=passage.metadata["lang"],
            entry=passage.metadata.get("entry"),
        )
        for passage in splitter.transform_documents([document])
    ]


def _why_no_text(facts: Document) -> str:
    pages = facts.metadata.get("pages")
    if pages:
        plural = "page has" if pages == 1 else "pages have"
        return f"no text in it: its {pages} {plural} no text layer (scanned?)"
    return "no text in it"


def _reason(error: Exception) -> str:
    if isinstance(error, UnreadableFile):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"it can't be read: {error.strerror}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be read"
    if isinstance(error, MemoryError):
        return "it is too large for the memory there is"
    return " ".join(f"its parser failed: {type(error).__name__}: {error}".split())[:300]


def _report(messages: list[str], started: float) -> dict[str, Any]:
    kept = list({re.sub(r"\d+", "#", each)[:80]: each for each in reversed(messages)}.values())[::-1]
    if len(kept) > _MOST_WARNINGS:
        kept = [*kept[:_MOST_WARNINGS], f"and {len(kept) - _MOST_WARNINGS} more"]
    return {"warnings": kept, "seconds": round(time.perf_counter() - started, 3)}


def _file_date(mtime_ns: int) -> str:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):  # a file from the year 30000
        return ""


@contextmanager
def _captured(messages: list[str]) -> Iterator[None]:
    """Collect what parsers and their libraries log and warn, instead of letting it reach the terminal."""
    handler = _Collector(messages)
    loggers = [logging.getLogger(name) for name in _NOISY]
    before = [each.propagate for each in loggers]
    for each in loggers:
        each.addHandler(handler)
        each.propagate = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        for each, propagate in zip(loggers, before, strict=True):
            each.removeHandler(handler)
            each.propagate = propagate
    messages.extend(str(each.message) for each in caught)


class _Collector(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())
