"""PDF, by pypdf: the text layer, page by page, in the order of the page's content.

A passage belongs to one page, so a sentence that runs over a page break is cut there. Pages without a text
layer (scans) are counted and reported.
"""

import io
import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from pypdf import PasswordType, PdfReader

from ingest.dates import first_date
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import LINE, PARAGRAPH, HeadingPath, block, file_facts, table_blocks
from ingest.parsers.pdf_headings import HeadingSizes, join_heading
from ingest.parsers.pdf_lines import body_width, find_furniture, unwrap, words_of
from ingest.parsers.pdf_outline import Entry, Heading, find_headings, read_outline
from ingest.parsers.pdf_page import Line, read_lines
from ingest.parsers.pdf_tables import Table, find_tables
from ingest.parsers.pdf_title import find_title
from ingest.parsers.problems import UnreadableFile

logger = logging.getLogger(__name__)

_GARBLED = 0.1  # of a page's characters
_TEMPLATE_DATE = "2000-01-01T00:00:00"  # of reproducible files, which have no date

Item = Line | Table


class PdfParser(DocumentParser):
    """Reads ``.pdf`` files."""

    name = "pdf"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        reader = _open(blob.as_bytes())
        pages = list(_pages(reader))
        without_text = [
            number for number, lines in enumerate(pages, 1) if not any(line.text for line in lines)
        ]
        garbled = [number for number, lines in enumerate(pages, 1) if _garbling(lines) > _GARBLED]
        if garbled:
            logger.warning("pages that look garbled: %s", ", ".join(map(str, garbled)))
        facts = file_facts(
            title=find_title(reader, pages),
            modified=_modified(reader),
            pages=len(pages),
            pages_without_text=without_text,
            garbled_pages=garbled,
        )
        return facts, list(_blocks(pages, read_outline(reader)))


def _open(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED
        if not locked and not len(reader.pages):
            raise UnreadableFile("it has no pages")
    except UnreadableFile:
        raise
    except Exception as error:  # pypdf lets many kinds through on damaged files
        raise UnreadableFile(f"the PDF is damaged: {_reason(error)}") from error
    if locked:
        raise UnreadableFile("it needs a password")
    return reader


def _pages(reader: PdfReader) -> Iterator[list[Line]]:
    failures = 0
    for number, page in enumerate(reader.pages, 1):
        try:
            yield read_lines(page)
        except Exception as error:  # one page of many
            failures += 1
            logger.warning("page %d can't be read: %s", number, _reason(error))
            yield []
    if failures == len(reader.pages):
        raise UnreadableFile("the PDF is damaged: no page can be read")


def _blocks(pages: Sequence[list[Line]], outline: Mapping[int, Sequence[Entry]]) -> Iterator[Document]:
    texts = [[line.text for line in lines] for lines in pages]
    unwrap_lines = partial(unwrap, body=body_width(texts), known_words=words_of(texts))
    sizes = HeadingSizes(line for lines in pages for line in lines)
    path = HeadingPath()
    for number, (lines, furniture) in enumerate(zip(pages, find_furniture(texts), strict=True), 1):
        kept = [line for position, line in enumerate(lines) if position not in furniture]
        items = list(find_tables(kept))
        if outline:
            headings, missing = find_headings([item.text for item in items], outline.get(number, ()))
            for entry in missing:
                path.enter(entry.level, entry.title)
        else:
            headings = sizes.find_headings(items)
        separator = PARAGRAPH
        for level, part in _parts(items, headings, unwrap_lines):
            if isinstance(part, Table):
                yield from table_blocks(part.rows, heading=path.path, page=number)
                separator = PARAGRAPH
                continue
            if level:
                path.enter(level, part)
            more: dict[str, Any] = {"level": level} if level else {}
            yield block(
                "heading" if level else "prose",
                part,
                heading=path.path,
                page=number,
                separator=separator,
                **more,
            )
            separator = LINE


def _parts(
    items: Sequence[Item], headings: Sequence[Heading], unwrap_lines: Callable[[list[str]], list[str]]
) -> Iterator[tuple[int, str | Table]]:
    """A page's headings (with their levels), paragraphs and tables (level 0), in order."""
    position = 0
    for heading in [*headings, Heading(len(items), 0, 0)]:
        for is_table, run in groupby(items[position : heading.at], lambda item: isinstance(item, Table)):
            if is_table:
                yield from ((0, item) for item in run if isinstance(item, Table))
            else:
                yield from ((0, paragraph) for paragraph in unwrap_lines([item.text for item in run]))
        position = heading.at + heading.lines
        if heading.lines:
            yield heading.level, join_heading(item.text for item in items[heading.at : position])


def _modified(reader: PdfReader) -> str:
    try:
        metadata = reader.metadata
        found = first_date([metadata.modification_date, metadata.creation_date]) if metadata else ""
    except Exception:  # damaged metadata
        return ""
    return "" if found.startswith(_TEMPLATE_DATE) else found


def _garbling(lines: Iterable[Line]) -> float:
    """The share of characters that stand for nothing readable."""
    characters = [character for line in lines for character in line.text if not character.isspace()]
    bad = sum(each == "\ufffd" or unicodedata.category(each) in ("Co", "Cn", "Cc") for each in characters)
    return bad / max(1, len(characters))


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
