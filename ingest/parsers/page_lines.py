"""The lines of pages, of a PDF or of a picture, and the paragraphs that they make.

A page knows lines, not paragraphs. What belongs to the page and not to the text goes (running headers and
footers, page numbers), and wrapped lines become one again: Chinese without a space between them, English with
one, a word hyphenated over two lines made whole.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ingest.parsers.blocks import columns, squeeze


class Line(NamedTuple):
    """A line of text, where it begins and the size of its type: points from the lower left of a
    PDF's page, pixels from the upper left of a picture."""

    text: str
    x: float = 0.0
    y: float = 0.0
    size: float = 0.0


class Edges(NamedTuple):
    """What repeats at the edges of pages, as lines with their digits masked.

    ``running`` lines repeat all through the document, ``numbered`` ones beside the page's own number.
    ``offset`` is the number a page bears minus its index, or None if they bear none.
    """

    running: frozenset[str]
    numbered: frozenset[str]
    offset: int | None


_EDGE = 3  # lines at the top and at the bottom of a page that may be its header and footer
_DIGITS = re.compile(r"\d+")
_PAGE_LABEL = re.compile(
    r"^[\s\-–—·|(（]*(?:第\s*)?(?:page\s*)?\d{1,4}\s*(?:页|頁)?(?:\s*(?:/|of|共|,|，)\s*(?:共\s*)?\d{1,4}\s*(?:页|頁)?)?[\s\-–—·|)）]*$",
    re.IGNORECASE,
)
_PAGE_WORD = re.compile(r"[页頁/]|page| of ", re.IGNORECASE)
_ROMAN = re.compile(r"^[ivxlc]{1,7}$")
_NUMBER = re.compile(r"^\d{1,4}$", re.ASCII)
_NARROWEST = 20  # columns; narrower columns are cells of a table
_LEADERS = re.compile(r"\s*(?:[.·…．]\s?){5,}\s*")
_LABELLED = re.compile(r"[^\W\d][^:：。.,，;；]{0,20}[:：](?!/)\s*\S")  # "Model: HC-2100"
_NEW_ITEM = re.compile(
    r"[-*+•·●○■◆▪–—□☐✓]\s|\(?\d{1,3}[.)、）．](?!\d)|[（(][一二三四五六七八九十\dA-Za-z]{1,3}[)）]"
    r"|[一二三四五六七八九十]{1,3}、|第\s*[一二三四五六七八九十百\d.]+\s*[条條章节節款]|(?:In|Out)\s?\[\d+\]:"
    r"|(?:Fig|Figure|Table|图|表)\s*\.?\s*\d"
)
_SECTION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\s")
_TERMINATED = re.compile(r"[。！？!?.;；:：][\"'”’」』）)\]]*$")
_CONTINUES = re.compile(r"[a-zà-ÿ，。、；：）》」』,;)]")
_HYPHEN = re.compile(r"(\w+)[-\u2010\xad]$")
_RANGE = re.compile(r"\d[-\u2013]$")
_NUMERIC = re.compile(r"^[^\w]*[\d,.%()$€¥￥/:+-]*\d[\d,.%()/:+-]*$|^[-–—]$")


def find_furniture(pages: Sequence[Sequence[str]]) -> list[set[int]]:
    """Which lines of each page are running headers, footers and page numbers, by their indices.

    A line counts as running if it stands at the edge of at least three pages and a fifth of all (digits may
    differ), or of two beside the page's own number. Its first occurrence stays if the text says it nowhere
    else: it may be the only place where the document tells whose it is.
    """
    edges = find_edges(pages)
    body = "".join(_letters(line) for lines in pages for line in lines[_EDGE:-_EDGE])
    seen: set[str] = set()
    found = []
    for index, lines in enumerate(pages):
        furniture: set[int] = set()
        for positions in (range(len(lines)), range(len(lines) - 1, -1, -1)):
            for position in positions[:_EDGE]:  # from outside in, as far as it goes
                line = lines[position]
                if line and not _is_furniture(line, index, edges):
                    break
                if _PAGE_LABEL.match(line) or _mask(line) in seen or _letters(line) in body:
                    furniture.add(position)
                seen.add(_mask(line))
        found.append(furniture)
    return found


def find_edges(pages: Sequence[Sequence[str]]) -> Edges:
    """What repeats at the edges of the pages."""
    counts: Counter[str] = Counter()
    offsets: Counter[int] = Counter()
    for index, lines in enumerate(pages):
        edge = _edge_lines(lines)
        counts.update({_mask(line) for line in edge})
        offsets.update({number - index for line in edge for number in _outer_numbers(line)})
    filled = sum(map(bool, pages))
    best, support = max(offsets.items(), key=lambda item: (item[1], -abs(item[0] - 1)), default=(0, 0))
    offset = best if support >= max(2, 0.5 * filled) else None
    enough = max(3, 0.2 * filled)
    running = {mask for mask, count in counts.items() if count >= enough and len(mask) > 1}
    numbered = {
        _mask(line)
        for index, lines in enumerate(pages)
        for line in _edge_lines(lines)
        if offset is not None and index + offset in _outer_numbers(line) and counts[_mask(line)] >= 2
    }
    return Edges(frozenset(running), frozenset(numbered), offset)


def _edge_lines(lines: Sequence[str]) -> list[str]:
    edge = [*lines[:_EDGE], *lines[max(_EDGE, len(lines) - _EDGE) :]]
    return [line for line in edge if line]


def _is_furniture(line: str, index: int, edges: Edges) -> bool:
    """Whether a line at the edge of a page is a running header or footer or a page number."""
    if _PAGE_LABEL.match(line):
        own_number = edges.offset is not None and index + edges.offset in _outer_numbers(line)
        return own_number or _PAGE_WORD.search(line) is not None
    if edges.offset is not None and _ROMAN.match(line):
        return True
    return _mask(line) in edges.running | edges.numbered


def _letters(line: str) -> str:
    return "".join(character for character in line.lower() if character.isalpha())


def _mask(line: str) -> str:
    return _DIGITS.sub("#", "".join(line.split()))


def _outer_numbers(line: str) -> list[int]:
    """The numbers with which a line begins and ends."""
    words = line.strip(" -–—|·").split()
    return [int(word) for word in {*words[:1], *words[-1:]} if _NUMBER.match(word)]


def body_width(pages: Sequence[Sequence[str]]) -> int:
    """The width, in columns, of a full line of the document's running text: most characters stand in such."""
    widths = sorted(columns(line) for lines in pages for line in lines)
    total = sum(widths)
    passed = 0
    for width in widths:
        passed += width
        if passed >= 0.6 * total:
            return width
    return 0


def unwrap(lines: Sequence[str], body: int, known_words: frozenset[str] = frozenset()) -> list[str]:
    """A page's lines joined to paragraphs.

    ``body``: the ``body_width``. ``known_words``: the document's words, lower case, by which a hyphen at a
    line end is judged: it stays if the word with it occurs elsewhere ("multi-robot"), else it goes.
    """
    lines = [_LEADERS.sub(" … ", line).strip() for line in lines]
    widths = [columns(line) for line in lines]
    paragraphs: list[str] = []
    for index, line in enumerate(lines):
        if not line:
            continue
        if index and lines[index - 1] and paragraphs and _continues(lines, widths, index, body):
            paragraphs[-1] = _join(paragraphs[-1], line, known_words)
        else:
            paragraphs.append(line)
    return [squeeze(paragraph) for paragraph in paragraphs]


def words_of(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """All words that stand whole on a line, lower case, hyphenated ones with their hyphens."""
    words: set[str] = set()
    for lines in pages:
        for line in lines:
            words.update(re.findall(r"[a-z]+(?:-[a-z]+)*(?![-\w])", line.lower()))
    return frozenset(words)


def _continues(lines: Sequence[str], widths: Sequence[int], index: int, body: int) -> bool:
    """Whether a line goes on with the one before it: that one is full, or this one begins in mid-sentence."""
    before, line = lines[index - 1], lines[index]
    if _NEW_ITEM.match(line) or _is_row(line) or _is_row(before):
        return False
    if _LABELLED.match(line) and _LABELLED.match(before):  # a form: one entry a line
        return False
    if (_HYPHEN.search(before) and line[0].islower()) or (_RANGE.search(before) and line[0].isdigit()):
        return True
    full = _full_width(before, widths[max(0, index - 4) : index + 4], body)
    share = widths[index - 1] / full
    if _TERMINATED.search(before) or _SECTION_NUMBER.match(line):
        return share >= 0.92 and not (_TERMINATED.search(before) and _SECTION_NUMBER.match(line))
    return share >= (0.5 if _CONTINUES.match(line) else 0.78)


def _full_width(line: str, around: Sequence[int], body: int) -> int:
    """How wide a full line is here: the widest around, if it is the document's usual width or recurs.

    Where lines of all lengths stand together (code, addresses, tables) none counts as full.
    """
    widest = max(around)
    recurring = sum(width >= 0.93 * widest for width in around)
    narrow_column = widest >= _NARROWEST and recurring >= (2 if columns(line) > len(line) else 3)
    return max(1, widest) if widest >= 0.85 * body or narrow_column else max(body, widest)


def _join(before: str, line: str, known_words: frozenset[str]) -> str:
    hyphenated = _HYPHEN.search(before)
    if hyphenated and line[0].islower():
        first = hyphenated.group(1)
        rest = re.match(r"\w+", line)
        whole = f"{first}-{rest.group() if rest else ''}".lower()
        return f"{first and before[:-1]}{'-' if whole in known_words else ''}{line}"
    if before[-1] in "-–—\u2010\xad" and len(before) > 1 and before[-2].isalnum():
        return before.rstrip("\xad") + line
    if before.endswith("/") and "://" in before.rpartition(" ")[2]:
        return before + line
    return f"{before}\n{line}"


def _is_row(line: str) -> bool:
    """Whether a line looks like a row of a table: mostly numbers, or ending in some."""
    numeric = [_NUMERIC.match(word) is not None for word in line.split()]
    return len(numeric) >= 3 and (sum(numeric) >= 0.5 * len(numeric) or all(numeric[-2:]))
