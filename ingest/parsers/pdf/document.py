"""PDF, by pypdf: the text layer, page by page, in the order of the page's content.

A passage belongs to one page, so a sentence that runs over a page break is cut there. Pages whose text layer
is missing or garbled (scans, fonts without a map to Unicode) are recognized from their pictures.
"""

import io
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from pypdf import PasswordType, PdfReader

from ingest.dates import first_date
from ingest.parsers.base import DocumentParser, UnreadableFile
from ingest.parsers.blocks import LINE, PARAGRAPH, HeadingPath, block, file_facts, table_blocks
from ingest.parsers.garbling import GARBLED, garbling
from ingest.parsers.ocr import ocr_blocks
from ingest.parsers.page_lines import Line, body_width, find_furniture, unwrap, words_of
from ingest.parsers.pdf.headings import HeadingSizes, join_heading
from ingest.parsers.pdf.ocr import Recognized, recognize_pages
from ingest.parsers.pdf.outline import Entry, Heading, find_headings, read_outline
from ingest.parsers.pdf.tables import Table, find_tables
from ingest.parsers.pdf.text_layer import read_lines
from ingest.parsers.pdf.title import find_title
from ingest.parsers.reading_context import ocr_enabled, page_done, passwords

logger = logging.getLogger(__name__)

_TEMPLATE_DATE = "2000-01-01T00:00:00"  # of reproducible files, which have no date

Item = Line | Table


class PdfParser(DocumentParser):
    """Reads ``.pdf`` files.

    Args:
        ocr: whether to recognize pages without a usable text layer; ``using_ocr(False)`` can forbid it.
    """

    name = "pdf"
    version = 2

    def __init__(self, *, ocr: bool = True) -> None:
        self._ocr = ocr

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        data = blob.as_bytes()
        reader, password = _open(data)
        pages = list(_pages(reader))
        recognizing = self._ocr and ocr_enabled()
        recognized = recognize_pages(data, password, pages) if recognizing else Recognized()
        pages = [recognized.pages.get(number, lines) for number, lines in enumerate(pages, 1)]
        texts = [[line.text for line in lines] for lines in pages]
        without_text = [number for number, lines in enumerate(texts, 1) if not any(lines)]
        if len(without_text) == len(pages):
            raise UnreadableFile(_why_no_text(len(pages), recognizing, recognized))
        garbled = [number for number, lines in enumerate(texts, 1) if garbling(lines) > GARBLED]
        facts = file_facts(
            title=find_title(reader, pages),
            modified=_modified(reader),
            pages=len(pages),
            pages_without_text=[number for number in without_text if number not in recognized.blank],
            blank_pages=recognized.blank,
            pages_by_ocr=sorted(recognized.pages),
            ocr_confidence=recognized.confidence,
            garbled_pages=garbled,
            garbling=round(garbling(line for lines in texts for line in lines), 4),
        )
        return facts, list(_blocks(pages, read_outline(reader), recognized.pages))


def _open(data: bytes) -> tuple[PdfReader, str]:
    """The PDF, opened, and the password that it took."""
    try:
        reader = PdfReader(io.BytesIO(data))
        password = _unlock(reader) if reader.is_encrypted else ""
        if not len(reader.pages):
            raise UnreadableFile("it has no pages")
    except UnreadableFile:
        raise
    except Exception as error:  # pypdf lets many kinds through on damaged files
        raise UnreadableFile(f"the PDF is damaged: {_reason(error)}") from error
    return reader, password


def _unlock(reader: PdfReader) -> str:
    for password in ("", *passwords()):
        if reader.decrypt(password) != PasswordType.NOT_DECRYPTED:
            return password
    raise UnreadableFile("it needs another password" if passwords() else "it needs a password")


def _pages(reader: PdfReader) -> Iterator[list[Line]]:
    for number, page in enumerate(reader.pages, 1):
        try:
            yield read_lines(page)
        except Exception as error:  # one page of many
            logger.warning("page %d can't be read: %s", number, _reason(error))
            yield []
        page_done()


def _why_no_text(pages: int, recognizing: bool, recognized: Recognized) -> str:
    if len(recognized.blank) == pages:
        return "no text in it: all its pages are blank"
    plural = "page has" if pages == 1 else "pages have"
    why = "and no text was found in their pictures" if recognizing else "and OCR is switched off"
    return f"no text in it: its {pages} {plural} no text layer, {why}"


def _blocks(
    pages: Sequence[list[Line]], outline: Mapping[int, Sequence[Entry]], by_ocr: Collection[int]
) -> Iterator[Document]:
    texts = [[line.text for line in lines] for lines in pages]
    unwrap_lines = partial(unwrap, body=body_width(texts), known_words=words_of(texts))
    sizes = HeadingSizes(
        line for number, lines in enumerate(pages, 1) if number not in by_ocr for line in lines
    )
    path = HeadingPath()
    for number, (lines, furniture) in enumerate(zip(pages, find_furniture(texts), strict=True), 1):
        kept = [line for position, line in enumerate(lines) if position not in furniture]
        if number in by_ocr:
            for entry in outline.get(number, ()):
                path.enter(entry.level, entry.title)
            yield from ocr_blocks(unwrap_lines([line.text for line in kept]), path.path, number)
            continue
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


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
