"""Plain text in any encoding."""

import re
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.normalization import normalize
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import HeadingPath, block, file_facts
from ingest.parsers.encoding import decode
from ingest.parsers.headings import heading_level

_BLANK_LINE = re.compile(r"\n[ \t\u3000]*\n")
_LONGEST_TITLE = 60
_SENTENCE_END = re.compile(r"[。！？!?.;；:：,，、]$")


class TextParser(DocumentParser):
    """Reads ``.txt`` files: paragraphs stand between blank lines, a short first line is the title."""

    name = "text"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        text, encoding = decode(blob.as_bytes())
        paragraphs = [each for each in _BLANK_LINE.split(normalize(text)) if each.strip()]
        title = _title(paragraphs)
        return file_facts(title=title, encoding=encoding), list(_blocks(paragraphs, title))


def _blocks(paragraphs: list[str], title: str) -> Iterator[Document]:
    path = HeadingPath()
    for position, paragraph in enumerate(paragraphs):
        level = 1 if position == 0 and title else heading_level(paragraph)
        if level:
            path.enter(level, paragraph)
            yield block("heading", paragraph, heading=path.path, level=level)
        else:
            yield block("prose", paragraph, heading=path.path)


def _title(paragraphs: list[str]) -> str:
    first = paragraphs[0] if len(paragraphs) > 1 else ""
    if "\n" in first or len(first) > _LONGEST_TITLE or _SENTENCE_END.search(first):
        return ""
    return first
