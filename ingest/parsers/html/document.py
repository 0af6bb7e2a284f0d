"""HTML: the main text of a page, by BeautifulSoup over lxml. Nothing in a page is run or fetched."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import PageElement, Tag
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import first_date
from ingest.normalization import normalize_line
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import HeadingPath, block, file_facts, squeeze, table_blocks
from ingest.parsers.encoding import decode
from ingest.parsers.html.main_content import find_main_text
from ingest.parsers.html.tables import read_number, table_rows
from ingest.parsers.html.text import block_holders, visible_text

logger = logging.getLogger(__name__)

_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,30})""", re.IGNORECASE
)
_DATE_NAMES = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "pubdate",
    "publishdate",
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = ("ul", "ol", "menu", "dir")
_DEEPEST_TABLE = 2  # tables within tables lay pages out; deeper ones are read as text


class HtmlParser(DocumentParser):
    """Reads ``.html`` files: the text without menus, scripts and page furniture."""

    name = "html"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        data = blob.as_bytes()
        declared = _CHARSET.search(data[:4096])
        text, encoding = decode(data, declared.group(1).decode("ascii") if declared else None)
        soup = _soup(text)
        modified = _date(soup)
        main = find_main_text(soup)
        title = _title(soup, main)
        facts = file_facts(title=title, modified=modified, encoding=encoding)
        return facts, _main_blocks(main, HeadingPath())


def html_blocks(text: str, path: HeadingPath) -> Iterator[Document]:
    """The blocks of a piece of HTML, such as stands in Markdown, below the headings of ``path``."""
    main = find_main_text(_soup(text))
    yield from _main_blocks(main, path)


def _main_blocks(main: Tag, path: HeadingPath) -> list[Document]:
    above = path.path
    try:
        return list(_Page(main, path).blocks(main))
    except RecursionError:  # thousands of elements within each other: their text is all there is to save
        logger.warning("nested too deeply to tell headings, lists and tables")
        return [block("prose", visible_text([main]), heading=above)]


def _soup(text: str) -> BeautifulSoup:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    with (
        warnings.catch_warnings()
    ):  # XHTML of a book, or XML under a wrong name: its text is read all the same
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(text, "lxml")


def _date(soup: BeautifulSoup) -> str:
    metas: dict[str, object] = {}
    for meta in soup.find_all("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("http-equiv") or meta.get("itemprop")
        metas.setdefault(str(name).lower(), meta.get("content"))
    return first_date(metas.get(name) for name in _DATE_NAMES)


def _title(soup: BeautifulSoup, main: Tag) -> str:
    """The page's first heading where the title element repeats it (with the site's name), else the title."""
    title = normalize_line(soup.title.get_text()) if soup.title else ""
    first = main.find("h1")
    heading = squeeze(first.get_text()) if first else ""
    return heading if heading and (not title or heading in title) else title


class _Page:
    """Walks a page, keeping the headings it has passed."""

    def __init__(self, root: Tag, path: HeadingPath) -> None:
        self._path = path
        self._holders = block_holders(root)

    def blocks(self, root: Tag) -> Iterator[Document]:
        """The blocks below an element. Loose inline content between block elements makes paragraphs."""
        inline: list[PageElement] = []
        for child in list(root.children):
            if id(child) not in self._holders:
                inline.append(child)
                continue
            assert isinstance(child, Tag)
            yield from self._paragraphs(inline)
            inline = []
            yield from self._element(child)
        yield from self._paragraphs(inline)

    def _element(self, element: Tag) -> Iterator[Document]:
        name = element.name
        if name in _HEADINGS:
            text = visible_text([element]).replace("\n", " ")
            if text:
                self._path.enter(_HEADINGS[name], text)
                yield block("heading", text, heading=self._path.path, level=_HEADINGS[name])
        elif name == "table" and len(element.find_parents("table")) < _DEEPEST_TABLE:
            yield from self._table(element)
        elif name in _LISTS and not element.find(["table", *_HEADINGS]):
            yield block("list", "\n".join(_list_lines(element)), heading=self._path.path)
        elif name == "pre":
            yield block("code", element.get_text(), heading=self._path.path)
        elif name == "dl":
            yield block("list", "\n".join(_definitions(element)), heading=self._path.path)
        else:
            yield from self.blocks(element)

    def _paragraphs(self, inline: list[PageElement]) -> Iterator[Document]:
        text = visible_text(inline)
        if text:
            tags = [each for each in inline if isinstance(each, Tag) or normalize_line(each.get_text())]
            strong = len(tags) == 1 and isinstance(tags[0], Tag) and tags[0].name in ("b", "strong")
            yield block("prose", text, heading=self._path.path, strong=strong)

    def _table(self, table: Tag) -> Iterator[Document]:
        if table.find("table") or table.find(list(_HEADINGS)):
            yield from self.blocks(table)  # it lays out a page
            return
        rows, headers = table_rows(table)
        caption = table.find("caption")
        yield from table_blocks(
            rows,
            header_rows=headers or None,
            heading=self._path.path,
            caption=visible_text([caption]) if caption else "",
        )


def _list_lines(element: Tag, indent: str = "") -> Iterator[str]:
    number = read_number(element, "start") if element.name == "ol" else None
    for item in element.find_all(True, recursive=False):
        if item.name in _LISTS:
            yield from _list_lines(item, indent + "  ")
            continue
        nested = list(_lists_within(item))
        own = visible_text([item], without=nested)
        mark = f"{number}. " if number is not None else "- "
        if own:
            yield indent + mark + own.replace("\n", "\n" + indent + "  ")
            number = number + 1 if number is not None else None
        for each in nested:
            yield from _list_lines(each, indent + "  ")


def _lists_within(element: Tag) -> Iterator[Tag]:
    """The lists below an element that aren't within another of these, in order."""
    stack = list(reversed(list(element.children)))
    while stack:
        node = stack.pop()
        if isinstance(node, Tag) and node.name in _LISTS:
            yield node
        elif isinstance(node, Tag):
            stack.extend(reversed(list(node.children)))


def _definitions(element: Tag) -> Iterator[str]:
    for item in element.find_all(["dt", "dd"]):
        text = visible_text([item])
        if text:
            yield text if item.name == "dt" else "  " + text.replace("\n", "\n  ")
