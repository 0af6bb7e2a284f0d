"""The text that a browser shows of HTML elements."""

from collections.abc import Iterable

from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from ingest.parsers.blocks import squeeze

# Elements that begin and end a line.
# fmt: off
BLOCK_ELEMENTS = frozenset([
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hgroup", "html", "hr", "legend", "li", "main", "menu", "nav", "ol",
    "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "ul",
])
# fmt: on


def block_holders(root: Tag) -> set[int]:
    """The ids of the elements that are, or hold, an element that stands on lines of its own."""
    holders: set[int] = set()
    for element in root.find_all(True):
        node: Tag | None = element if element.name in BLOCK_ELEMENTS else None
        while node is not None and id(node) not in holders:
            holders.add(id(node))
            node = node.parent
    return holders


def visible_text(nodes: Iterable[PageElement], without: Iterable[Tag] = ()) -> str:
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
            edge = [NavigableString("\v")] if node.name in BLOCK_ELEMENTS else []
            stack.extend([*edge, *reversed(list(node.children)), *edge])
        elif isinstance(node, NavigableString):
            pieces.append(str(node))
    lines = "".join(pieces).split("\v")
    return "\n".join(filter(None, map(squeeze, lines)))
