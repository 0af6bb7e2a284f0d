"""PDF, by pypdf: the text layer, page by page, in the order of the page's content.

A passage belongs to one page, so a sentence that runs over a page break is cut there. Pages without a text
layer (scans) are counted and reported.
"""

import io
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from pypdf import PasswordType, PdfReader

from ingest.dates import first_date
from ingest.normalization import normalize
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import LINE, PARAGRAPH, HeadingPath, block, file_facts, join_lines
from ingest.parsers.encoding import plausibility
from ingest.parsers.headings import heading_level
from ingest.parsers.pdf_lines import body_width, drop_edges, unwrap, words_of
from ingest.parsers.pdf_outline import Entry, Heading, find_headings, read_outline
from ingest.parsers.pdf_title import find_title
from ingest.parsers.problems import UnreadableFile

logger = logging.getLogger(__name__)

_SOFT_HYPHEN = re.compile("\u00ad(?=\\s*\n)")  # where a line was broken; elsewhere they are dropped
_GARBLED = 0.1
_MOJIBAKE = 0.5


class PdfParser(DocumentParser):
    """Reads ``.pdf`` files."""

    name = "pdf"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        reader = _open(blob.as_bytes())
        texts = [_repair(text) for text in _page_texts(reader)]
        pages = [[line.strip() for line in text.split("\n")] for text in texts]
        without_text = [number for number, text in enumerate(texts, 1) if not text.strip()]
        garbled = [number for number, text in enumerate(texts, 1) if _garbling(text) > _GARBLED]
        if garbled:
            logger.warning("pages that look garbled: %s", ", ".join(map(str, garbled)))
        facts = file_facts(
            title=find_title(reader, texts),
            modified=_modified(reader),
            pages=len(texts),
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


def _page_texts(reader: PdfReader) -> Iterator[str]:
    failures = 0
    for number, page in enumerate(reader.pages, 1):
        try:
            yield normalize(_SOFT_HYPHEN.sub("-", page.extract_text()))
        except Exception as error:  # one page of many
            failures += 1
            logger.warning("page %d can't be read: %s", number, _reason(error))
            yield ""
    if failures == len(reader.pages):
        raise UnreadableFile("the PDF is damaged: no page can be read")


def _blocks(pages: list[list[str]], outline: Mapping[int, Sequence[Entry]]) -> Iterator[Document]:
    unwrap_lines = partial(unwrap, body=body_width(pages), known_words=words_of(pages))
    path = HeadingPath()
    for number, lines in enumerate(drop_edges(pages), 1):
        found, missing = find_headings(lines, outline.get(number, ()))
        for entry in missing:
            path.enter(entry.level, entry.title)
        separator = PARAGRAPH
        for level, text in _parts(lines, found, unwrap_lines, numbered=not outline):
            if level:
                path.enter(level, text)
                yield block("heading", text, heading=path.path, page=number, separator=separator, level=level)
            else:
                yield block("prose", text, heading=path.path, page=number, separator=separator)
            separator = LINE


def _parts(
    lines: list[str],
    headings: list[Heading],
    unwrap_lines: Callable[[list[str]], list[str]],
    *,
    numbered: bool,
) -> Iterator[tuple[int, str]]:
    """A page's headings (with their levels) and paragraphs (level 0), in order.

    ``numbered``: without an outline, lines that are numbered like headings are taken for headings.
    """
    position = 0
    for heading in [*headings, Heading(len(lines), 0, 0)]:
        for paragraph in unwrap_lines(lines[position : heading.at]):
            yield (heading_level(paragraph) or 0) if numbered else 0, paragraph
        position = heading.at + heading.lines
        if heading.lines:
            yield heading.level, join_lines(lines[heading.at : position])


def _modified(reader: PdfReader) -> str:
    try:
        metadata = reader.metadata
        return first_date([metadata.modification_date, metadata.creation_date]) if metadata else ""
    except Exception:  # damaged metadata
        return ""


def _repair(text: str) -> str:
    """Text whose GBK bytes were taken for Latin-1 (a font without a Unicode map), made Chinese again."""
    letters = [character for character in text if not character.isspace()]
    if not letters or sum("\x80" <= each <= "\xff" for each in letters) < _MOJIBAKE * len(letters):
        return text
    try:
        repaired = re.sub(r"(?<=[\x80-\xff]) (?=[\x80-\xff])", "", text).encode("latin-1").decode("gb18030")
    except UnicodeError:
        return text
    if plausibility(repaired) < _MOJIBAKE:
        return text
    logger.warning("the font has no Unicode map; its text was read as GBK")
    return normalize(repaired)


def _garbling(text: str) -> float:
    """The share of characters that stand for nothing readable."""
    characters = [character for character in text if not character.isspace()]
    bad = sum(each == "\ufffd" or unicodedata.category(each) in ("Co", "Cn", "Cc") for each in characters)
    return bad / max(1, len(characters))


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
