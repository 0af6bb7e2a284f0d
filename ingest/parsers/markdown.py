"""Markdown (CommonMark with tables), by markdown-it-py.

The stored text is what a reader sees: no markup but list marks and code. A front matter's title and date are
taken; MDX and Docusaurus marks (imports, ``:::``, JSX tags) are dropped, the text inside them kept.
"""

import logging
import re
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from ingest.dates import first_date
from ingest.parsers.base import DocumentParser
from ingest.parsers.blocks import HeadingPath, block, file_facts, join_wrapped, table_blocks
from ingest.parsers.encoding import decode
from ingest.parsers.html import html_blocks
from ingest.parsers.text import text_blocks

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"^[ \t]*([A-Za-z_]+)[ \t]*:[ \t]*(\S.*)$", re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*:{3,}.*$|^(?:import|export)\s.+(?:from\s+['\"].*|[;}])\s*$", re.MULTILINE)
_HEADING_ID = re.compile(r"(?<!\s)\s*\{#[\w-]+\}\s*$")
_DATES = ("updated", "last_updated", "last_update", "lastmod", "modified", "date", "effective", "published")
_DEEPEST = 100

logger = logging.getLogger(__name__)


class MarkdownParser(DocumentParser):
    """Reads ``.md`` files."""

    name = "markdown"

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark", {"maxNesting": _DEEPEST + 1}).enable(
            ["table", "strikethrough"]
        )

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        text, encoding = decode(blob.as_bytes())
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        front, body = _split_front_matter(text)
        blocks = list(self._blocks(body))
        title = front.get("title") or _first_title(blocks)
        modified = first_date(front.get(name) for name in _DATES)
        return file_facts(title=title, modified=modified, encoding=encoding), blocks

    def _blocks(self, text: str) -> Iterator[Document]:
        tokens = self._markdown.parse(_without_directives(text))
        path = HeadingPath()
        if any(token.level >= _DEEPEST for token in tokens):  # of what is deeper, nothing would be left
            logger.warning("nested too deeply to tell headings, lists and tables")
            yield from text_blocks(text)[1]
            return
        tree = SyntaxTreeNode(tokens)
        for node in tree.children:
            yield from _node_blocks(node, path)


def _node_blocks(node: SyntaxTreeNode, path: HeadingPath) -> Iterator[Document]:
    if node.type == "heading":
        level, text = int(node.tag[1]), _HEADING_ID.sub("", _inline_text(node))
        if text:
            path.enter(level, text)
            yield block("heading", text, heading=path.path, level=level)
    elif node.type == "paragraph":
        yield block("prose", _inline_text(node), heading=path.path, strong=_is_strong(node))
    elif node.type in ("bullet_list", "ordered_list"):
        yield block("list", "\n".join(_list_lines(node)), heading=path.path)
    elif node.type in ("fence", "code_block"):
        yield block("code", node.content, heading=path.path)
    elif node.type == "table":
        rows = [
            [_inline_text(cell) for cell in row.children] for part in node.children for row in part.children
        ]
        yield from table_blocks(rows, header_rows=1, heading=path.path)
    elif node.type == "html_block":
        yield from html_blocks(node.content, path)
    elif node.type == "blockquote":
        for child in node.children:
            yield from _node_blocks(child, path)


def _list_lines(node: SyntaxTreeNode, indent: str = "") -> Iterator[str]:
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for item in node.children:
        mark = f"{number}. " if number is not None else "- "
        for position, child in enumerate(item.children):
            lead = indent + (mark if position == 0 else " " * len(mark))
            if child.type in ("bullet_list", "ordered_list"):
                yield from _list_lines(child, indent + "  ")
            elif child.type in ("fence", "code_block"):
                yield from (lead + line for line in child.content.rstrip("\n").split("\n"))
            else:
                text = "\n".join(each.page_content for each in _node_blocks(child, HeadingPath()))
                if text:
                    yield lead + text.replace("\n", "\n" + " " * len(lead))
        if number is not None:
            number += 1


def _inline_text(node: SyntaxTreeNode) -> str:
    """The text a reader sees of a node's inline content. Hard breaks, and line ends of short lines, stay."""
    pieces: list[str] = []
    for child in node.children if node.type != "inline" else [node]:
        token = child.token
        if token is not None and token.children:
            pieces.extend(_visible(token.children))
    lines = "".join(pieces).split("\v")
    return "\n".join(filter(None, map(join_wrapped, lines)))


def _visible(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "text":
            # CommonMark doesn't close "**注意：**请" (no space after the mark), which Chinese authors write.
            yield token.content.replace("**", "")
        elif token.type in ("code_inline", "text_special"):
            yield token.content
        elif token.type == "softbreak":
            yield "\n"
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content.startswith("<br")):
            yield "\v"
        elif token.type == "image":
            yield token.content


def _is_strong(node: SyntaxTreeNode) -> bool:
    """Whether all of a paragraph is in bold."""
    token = node.children[0].token if node.children else None
    children = [child for child in (token.children or []) if child.content or child.nesting] if token else []
    if len(children) < 3 or children[0].type != "strong_open" or children[-1].type != "strong_close":
        return False
    return sum(child.type == "strong_open" for child in children) == 1


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    entries = {key.lower(): value.strip().strip("\"'") for key, value in _ENTRY.findall(match.group(1))}
    return entries, text[match.end() :]


def _without_directives(text: str) -> str:
    """The text without MDX and Docusaurus marks, fenced code left alone."""
    lines = text.split("\n")
    fenced = False
    for number, line in enumerate(lines):
        if line.startswith("```"):
            fenced = not fenced or bool(line[3:].strip())
        elif not fenced:
            lines[number] = _DIRECTIVE.sub("", line)
    return "\n".join(lines)


def _first_title(blocks: list[Document]) -> str:
    """The first heading, if it is of the first level or nothing stands before it."""
    for position, each in enumerate(blocks):
        if each.metadata["kind"] == "heading" and (each.metadata["level"] == 1 or position == 0):
            return each.page_content
    return ""
