"""EPUB: the pages of a book in reading order, each as HTML."""

import logging
import re
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import iso_date
from ingest.parsers.archive import open_archive, read_entry
from ingest.parsers.base import DocumentParser, UnreadableFile
from ingest.parsers.blocks import HeadingPath, block, file_facts
from ingest.parsers.encoding import decode
from ingest.parsers.epub_package import read_package
from ingest.parsers.html import html_blocks
from ingest.parsers.reading_context import page_done

logger = logging.getLogger(__name__)

_MOST_BYTES = 200_000_000  # of the whole book, pictures too
_CHARSET = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,30})")


class EpubParser(DocumentParser):
    """Reads ``.epub`` files. A book has no fixed pages: its chapters are headings."""

    name = "epub"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        with open_archive(blob.as_bytes(), _MOST_BYTES) as archive:
            package = read_package(archive)
            if package.missing:
                logger.warning(
                    "parts of the book are missing from the file: %s", ", ".join(package.missing[:20])
                )
            pages = []
            for name in package.pages:
                try:
                    pages.append((name, read_entry(archive, name)))
                except UnreadableFile as error:
                    logger.warning("%s", error)
        blocks = [each for name, data in pages for each in _page_blocks(data, package.chapters.get(name, ""))]
        return file_facts(title=package.title, modified=iso_date(package.date)), blocks


def _page_blocks(data: bytes, chapter: str) -> Iterator[Document]:
    """A page's blocks, below the chapter's title if the page has no heading of its own first."""
    declared = _CHARSET.match(data[:200])
    text = decode(data, declared.group(1).decode("ascii") if declared else None).text
    path = HeadingPath()
    blocks = list(html_blocks(text, path))
    if not blocks:
        return
    if chapter and blocks[0].metadata["kind"] != "heading":
        path = HeadingPath()
        path.enter(1, chapter)
        yield block("heading", chapter, heading=path.path, level=1)
        if blocks[0].page_content == path.path[0]:  # it stands there, but not as a heading
            blocks = blocks[1:]
        blocks = [_below(path.path, each) for each in blocks]
    yield from blocks
    page_done()


def _below(heading: tuple[str, ...], document: Document) -> Document:
    metadata = {**document.metadata, "heading": (*heading, *document.metadata["heading"])}
    if "level" in metadata:
        metadata["level"] += 1
    return document.model_copy(update={"metadata": metadata})
