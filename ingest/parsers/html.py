"""HTML: the main text of a page, by BeautifulSoup over lxml. Nothing in a page is run or fetched."""

import re
from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import first_date
from ingest.normalization import normalize_line
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import HeadingPath, block, file_facts, squeeze, table_blocks
from ingest.parsers.encoding import decode
from ingest.parsers.html_main import find_main_text

_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,30})""", re.IGNORECASE)
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
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup html hr legend li main menu nav ol optgroup option p pre section summary "
    "table tbody td tfoot th thead tr ul".split()
)
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
        return file_facts(title=title, modified=modified, encoding=encoding), list(_blocks(main, HeadingPath()))


def html_blocks(text: str, path: HeadingPath) -> Iterator[Document]:
    """The blocks of a piece of HTML, such as stands in Markdown, below the headings of ``path``."""
    yield from _blocks(find_main_text(_soup(text)), path)


def _soup(text: str) -> BeautifulSoup:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    return BeautifulSoup(text, "lxml")


def _date(soup: BeautifulSoup) -> str:
    metas = {}
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


def _blocks(root: Tag, path: HeadingPath) -> Iterator[Document]:
    """The blocks below an element. Loose inline content between block elements makes paragraphs."""
    inline: list[PageElement] = []
    for child in list(root.children):
        if not _has_blocks(child):
            inline.append(child)
            continue
        assert isinstance(child, Tag)
        yield from _paragraphs(inline, path)
        inline = []
        yield from _element_blocks(child, path)
    yield from _paragraphs(inline, path)


def _element_blocks(element: Tag, path: HeadingPath) -> Iterator[Document]:
    name = element.name
    if name in _HEADINGS:
        text = _text([element]).replace("\n", " ")
        if text:
            path.enter(_HEADINGS[name], text)
            yield block("heading", text, heading=path.path, level=_HEADINGS[name])
    elif name == "table" and len(element.find_parents("table")) < _DEEPEST_TABLE:
        yield from _table(element, path)
    elif name in _LISTS and not element.find(["table", *_HEADINGS]):
        yield block("list", "\n".join(_list_lines(element)), heading=path.path)
    elif name == "pre":
        yield block("code", element.get_text(), heading=path.path)
    elif name == "dl":
        yield block("list", "\n".join(_definitions(element)), heading=path.path)
    else:
        yield from _blocks(element, path)


def _paragraphs(inline: list[PageElement], path: HeadingPath) -> Iterator[Document]:
    text = _text(inline)
    if text:
        tags = [each for each in inline if isinstance(each, Tag) or normalize_line(each.get_text())]
        strong = len(tags) == 1 and isinstance(tags[0], Tag) and tags[0].name in ("b", "strong")
        yield block("prose", text, heading=path.path, strong=strong)


def _table(table: Tag, path: HeadingPath) -> Iterator[Document]:
    if table.find("table") or table.find(list(_HEADINGS)):
        yield from _blocks(table, path)  # it lays out a page
        return
    rows: list[list[str]] = []
    headers = 0
    spans: dict[int, tuple[int, str]] = {}  # column -> rows still covered by a cell above, and its text
    for row in table.find_all("tr"):
        cells = row.find_all(["td", "th"], recursive=False)
        if len(rows) == headers and cells and (row.find_parent("thead") or all(cell.name == "th" for cell in cells)):
            headers += 1
        rows.append(_row(cells, spans))
    caption = table.find("caption")
    yield from table_blocks(
        rows,
        header_rows=headers or None,
        heading=path.path,
        caption=_text([caption]) if caption else "",
    )


def _row(cells: Iterable[Tag], spans: dict[int, tuple[int, str]]) -> list[str]:
    """A row's texts by column. A cell that spans rows is repeated in each, so that each can be read alone."""
    texts: list[str] = []

    def fill() -> None:
        while (column := len(texts)) in spans:
            left, text = spans.pop(column)
            texts.append(text)
            if left > 1:
                spans[column] = left - 1, text

    pending: dict[int, tuple[int, str]] = {}
    for cell in cells:
        fill()
        text = normalize_line(_text([cell]))
        for position in range(_span(cell, "colspan")):
            if (rows := _span(cell, "rowspan")) > 1:
                pending[len(texts)] = rows - 1, text if position == 0 else ""
            texts.append(text if position == 0 else "")
    fill()
    spans.update(pending)
    return texts


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1").strip()
    return min(max(int(value), 1), 100) if value.isascii() and value.isdigit() else 1


def _list_lines(element: Tag, indent: str = "") -> Iterator[str]:
    number = _span(element, "start") if element.name == "ol" else None
    for item in element.find_all(True, recursive=False):
        if item.name in _LISTS:
            yield from _list_lines(item, indent + "  ")
            continue
        nested = [each for each in item.find_all(_LISTS) if each.find_parent(_LISTS) is element]
        own = _text([item], without=nested)
        mark = f"{number}. " if number is not None else "- "
        if own:
            yield indent + mark + own.replace("\n", "\n" + indent + "  ")
            number = number + 1 if number is not None else None
        for each in nested:
            yield from _list_lines(each, indent + "  ")


def _definitions(element: Tag) -> Iterator[str]:
    for item in element.find_all(["dt", "dd"]):
        text = _text([item])
        if text:
            yield text if item.name == "dt" else "  " + text.replace("\n", "\n  ")


def _has_blocks(node: PageElement) -> bool:
    return isinstance(node, Tag) and (node.name in _BLOCKS or node.find(_BLOCKS) is not None)


def _text(nodes: Iterable[PageElement], without: Iterable[Tag] = ()) -> str:
    """The visible text: white space collapsed, a new line at ``<br>`` and at block elements."""
    pieces: list[str] = []
    left_out = {id(each) for each in without}
    stack = list(reversed(list(nodes)))
    while stack:
        node = stack.pop()
        if id(node) in left_out or isinstance(node, Comment | PreformattedString):
            continue
        if isinstance(node, Tag):
            if node.name == "br":
                pieces.append("\v")
                continue
            edge = [NavigableString("\v")] if node.name in _BLOCKS else []
            stack.extend([*edge, *reversed(list(node.children)), *edge])
        elif isinstance(node, NavigableString):
            pieces.append(str(node))
    lines = "".join(pieces).split("\v")
    return "\n".join(filter(None, map(squeeze, lines)))
