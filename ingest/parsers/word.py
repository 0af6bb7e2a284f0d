"""Word (.docx), by python-docx: paragraphs and tables in document order, without headers and footers."""

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.part import PartFactory
from docx.oxml.ns import qn
from docx.package import Package
from docx.parts.document import DocumentPart
from langchain_core.documents import Document

from ingest.dates import first_date
from ingest.normalization import normalize_line
from ingest.parsers.blocks import LINE, PARAGRAPH, HeadingPath, block, file_facts, table_blocks
from ingest.parsers.office import OfficeParser
from ingest.parsers.text import heading_level
from ingest.parsers.word_lists import ListLabels
from ingest.parsers.word_text import (
    FALLBACK,
    header_rows,
    is_strong,
    read_integer,
    table_rows,
    visible_text,
)

logger = logging.getLogger(__name__)

_TEMPLATE_DATE = datetime(2013, 12, 23, 23, 15)  # of python-docx's own template, in every file made with it
_HEADING_STYLE = re.compile(r"^(?:heading|标题|標題|überschrift|titre)\s*(\d)$", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"^(?:toc|目录|目錄)\s*\d$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[。！；;，、.,:：]$")
_LONGEST_BOLD_HEADING = 60
_BOLD_LEVEL = 5
_TITLE_STYLES = frozenset({"title", "标题", "標題"})
_CONTAINERS = frozenset(
    qn(name) for name in ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag")
)

# python-docx knows documents without macros only; what else is in them is the same.
PartFactory.part_type_for["application/vnd.ms-word.document.macroEnabled.main+xml"] = DocumentPart


class WordParser(OfficeParser):
    """Reads ``.docx`` and ``.docm`` files."""

    name = "word"
    suffix = ".docx"
    kind = "Word"

    def read_package(self, data: bytes, archive: zipfile.ZipFile) -> tuple[Document, list[Document]]:
        part: Any = Package.open(io.BytesIO(data)).main_document_part
        document: WordDocument = part.document
        blocks = _with_running_header(document, list(_Reader(document).blocks(document.element.body)))
        properties = document.core_properties
        dates = [_property(properties, name) for name in ("modified", "created")]
        modified = first_date(date for date in dates if date and date.replace(tzinfo=None) != _TEMPLATE_DATE)
        return file_facts(title=_title(blocks, _property(properties, "title")), modified=modified), blocks


def _property(properties: Any, name: str) -> Any:
    try:
        return getattr(properties, name)
    except ValueError:  # a date that isn't one
        return None


def _title(blocks: list[Document], of_properties: str | None) -> str:
    """The paragraph styled as title, else the first heading of the first level, else the title property."""
    for each in blocks:
        if each.metadata["kind"] == "heading" and each.metadata["level"] <= 1:
            return each.page_content
    return normalize_line(of_properties or "")


def _with_running_header(document: WordDocument, blocks: list[Document]) -> list[Document]:
    """The blocks, after the page header's text if that stands nowhere else: it often names the document."""
    try:
        section = document.sections[0]
        header = section.first_page_header if section.different_first_page_header_footer else section.header
        text = "\n".join(filter(None, (visible_text(each) for each in header._element.iter(qn("w:p")))))
    except Exception as error:  # a header that can't be read is no reason to lose the document
        logger.warning("the page header can't be read: %s", error)
        return blocks
    squashed = "".join(text.split())
    body = "".join("".join(each.page_content.split()) for each in blocks)
    if not any(each.isalpha() for each in squashed) or squashed in body:
        return blocks
    return [block("prose", text), *blocks]


class _Reader:
    """Walks a document's body, keeping the headings and list counters it has passed."""

    def __init__(self, document: WordDocument) -> None:
        self._path = HeadingPath()
        self._levels = _heading_levels(document)
        self._contents = _contents_styles(document)  # a table of contents repeats the headings
        self._labels = ListLabels(document)
        self._in_list = False
        self._styled = any(self._level(each) for each in document.element.body.iter(qn("w:p")))

    def blocks(self, parent: Any) -> Iterator[Document]:
        for element in parent:
            if element.tag == qn("w:p"):
                yield from self._paragraph(element)
                for box in element.iter(qn("w:txbxContent")):
                    if not any(ancestor.tag == FALLBACK for ancestor in box.iterancestors()):
                        yield from self.blocks(box)
            elif element.tag == qn("w:tbl"):
                self._in_list = False
                yield from table_blocks(
                    table_rows(element), header_rows=header_rows(element), heading=self._path.path
                )
            elif element.tag in _CONTAINERS:
                yield from self.blocks(element)

    def _paragraph(self, paragraph: Any) -> Iterator[Document]:
        text = visible_text(paragraph)
        if not text or self._style(paragraph) in self._contents:
            return
        label = self._labels.next_label(paragraph)
        level = self._level(paragraph)
        if level is None and not self._styled:
            level = self._unstyled_level(paragraph, text)
        if level is not None:
            self._in_list = False
            text = f"{label} {text}".strip().replace("\n", " ")
            self._path.enter(level, text)
            yield block("heading", text, heading=self._path.path, level=level)
        elif label:
            separator = LINE if self._in_list else PARAGRAPH
            self._in_list = True
            yield block("list", f"{label} {text}", heading=self._path.path, separator=separator)
        else:
            self._in_list = False
            yield block("prose", text, heading=self._path.path, strong=is_strong(paragraph))

    def _level(self, paragraph: Any) -> int | None:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return None
        outline = properties.find(qn("w:outlineLvl"))
        if outline is not None and (value := read_integer(outline)) is not None and value < 9:
            return value + 1
        return self._levels.get(self._style(paragraph))

    def _unstyled_level(self, paragraph: Any, text: str) -> int | None:
        """The level of what is a heading by its form, or for being short and bold."""
        short = len(text) <= _LONGEST_BOLD_HEADING and not _SENTENCE_END.search(text) and "\n" not in text
        return heading_level(text) or (_BOLD_LEVEL if short and is_strong(paragraph) else None)

    def _style(self, paragraph: Any) -> str:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return (style.get(qn("w:val")) or "") if style is not None else ""


def _heading_levels(document: WordDocument) -> dict[str, int]:
    """Heading levels by style id; the title's is 0. A style may take its level from the one below it."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iter(qn("w:style")):
        identifier = style.get(qn("w:styleId"))
        name = style.find(qn("w:name"))
        name_text = (name.get(qn("w:val")) or "" if name is not None else "").strip().lower()
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        based = style.find(qn("w:basedOn"))
        match = _HEADING_STYLE.match(name_text)
        if match:
            levels[identifier] = int(match.group(1))
        elif name_text in _TITLE_STYLES:
            levels[identifier] = 0
        elif outline is not None and (value := read_integer(outline)) is not None and value < 9:
            levels[identifier] = value + 1
        elif based is not None and based.get(qn("w:val")) in levels and not name_text.startswith("toc"):
            levels[identifier] = levels[based.get(qn("w:val"))]
    return levels


def _contents_styles(document: WordDocument) -> set[str]:
    return {
        style.get(qn("w:styleId"))
        for style in document.styles.element.iter(qn("w:style"))
        if (name := style.find(qn("w:name"))) is not None
        and _CONTENTS_STYLE.match(name.get(qn("w:val")) or "")
    }
