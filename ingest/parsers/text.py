"""Plain text in any encoding; the headings that text without styles shows by their form."""

import re
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.normalization import normalize
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import LINE, PARAGRAPH, HeadingPath, block, columns, file_facts
from ingest.parsers.encoding import decode

_CHINESE_NUMBER = r"[一二三四五六七八九十百零〇\d]{1,4}"
_HEADING_LEVELS = (
    (1, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*[编編篇部]分?(?=[\s　:：]|$)")),
    (2, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*章(?=[\s　:：]|\S)")),
    (
        2,
        re.compile(r"^(?:Chapter|Part|Appendix)\s+(?:\d{1,3}|[IVXLC]{1,6}|[A-Z])(?=[\s.:]|$)", re.IGNORECASE),
    ),
    (3, re.compile(rf"^第\s*{_CHINESE_NUMBER}\s*[节節](?=[\s　:：]|\S)")),
    (4, re.compile(r"^[一二三四五六七八九十]{1,3}、\S")),
)
_LONGEST_HEADING = 40
_NO_HEADING_END = re.compile(r"[。！!；;,，、.…:：\d]$")
_BLANK_LINE = re.compile(r"\n[ \t\u3000]*\n")
_WIDEST_TITLE = 60  # columns
_SENTENCE_END = re.compile(r"[。！？!?.;；:：,，、]$")


class TextParser(DocumentParser):
    """Reads ``.txt`` files: paragraphs stand between blank lines, a short first line is the title."""

    name = "text"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        text, encoding = decode(blob.as_bytes())
        title, blocks = text_blocks(text)
        return file_facts(title=title, encoding=encoding), blocks


def heading_level(line: str) -> int | None:
    """The level of a line that is a numbered heading by its form (第三章 …, 二、…, Chapter 4 …), else None.

    Entries of a table of contents, which end in a page number, are none.
    """
    line = line.strip()
    if not line or len(line) > _LONGEST_HEADING or "\n" in line or _NO_HEADING_END.search(line):
        return None
    return next((level for level, pattern in _HEADING_LEVELS if pattern.match(line)), None)


def text_blocks(text: str) -> tuple[str, list[Document]]:
    """The title of plain text, or "", and its blocks."""
    paragraphs = [each for each in _BLANK_LINE.split(normalize(text)) if each.strip()]
    parts = [part for each in paragraphs for part in _without_heading(each)]
    title = _title(parts)
    return title, list(_blocks(parts, title))


def _without_heading(paragraph: str) -> list[str]:
    """A paragraph whose first line is a heading by its form, as two."""
    first, _, rest = paragraph.partition("\n")
    return [first, rest] if rest and heading_level(first) else [paragraph]


def _blocks(parts: list[str], title: str) -> Iterator[Document]:
    path = HeadingPath()
    for position, part in enumerate(parts):
        first, _, rest = part.partition("\n") if position == 0 and title else (part, "", "")
        level = 1 if position == 0 and title else heading_level(part)
        if level:
            path.enter(level, first)
            yield block("heading", first, heading=path.path, level=level)
            part = rest
        if part:
            yield block("prose", part, heading=path.path, separator=LINE if level else PARAGRAPH)


def _title(parts: list[str]) -> str:
    """The first line, if it is short and doesn't end like a sentence."""
    first, _, rest = parts[0].partition("\n") if parts else ("", "", "")
    alone = len(parts) == 1 and not rest
    return "" if alone or columns(first) > _WIDEST_TITLE or _SENTENCE_END.search(first) else first
