"""Passages and quotes as they are shown: by title, tables as tables, what is quoted marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from langchain_core.documents import Document

from rag.answer import Answer, Citation
from rag.passage import metadata_of
from rag.presenting.explanation import nearest, outline
from rag.presenting.records import place
from rag.text.sentences import Span

_CELL = re.compile(r"[^|\n]+")

Stretch = tuple[str, bool]  # of a text, and whether it is marked
Cell = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Running text in ``stretches``, or else the rows of a table, ``header`` first where it is known."""

    stretches: tuple[Stretch, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage: what is said of it, and its text in blocks with the quotes marked."""

    passage: Document
    facts: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """What an answer quotes of a passage, under the number of its mark."""

    number: int
    passage: Document
    date: str
    texts: tuple[str, ...]
    blocks: tuple[Block, ...]


def label(passage: Document, language: str) -> str:
    """A passage by its document's title and its section, or by its file and page where they aren't known."""
    parts = outline(passage)
    return " › ".join((parts[0], *parts[1:][-1:])) if parts else place(passage, language)


def file_of(passage: Document, language: str) -> str:
    """File and page, for whoever has read the title; empty where ``label`` says that already."""
    return place(passage, language) if outline(passage) else ""


def shown(passage: Document, facts: Sequence[str], spans: Sequence[Span] = ()) -> Shown:
    """A passage with spans of its text (code points) marked; empty facts are left out.

    Headings that its text begins with stand above it already.
    """
    said = tuple(fact for fact in facts if fact)
    part = Span(_after_headings(passage), len(passage.page_content))
    return Shown(passage, said, blocks_of(passage, part, spans))


def quotes_of(answer: Answer) -> list[Quoted]:
    """What the answer quotes, passage by passage, in the order in which its text cites them."""
    order = list(dict.fromkeys(number for each in answer.sentences for number in each.citations))
    groups = by_number(answer.citations)
    numbers = sorted(groups, key=lambda each: order.index(each) if each in order else len(order))
    return [_quoted(number, groups[number]) for number in numbers]


def shown_of(answer: Answer) -> tuple[Document, ...]:
    """The passages that what is shown of an answer rests on, and a curated entry's beside it.

    That is what it cites, of a decline what came nearest, and of a text that nobody has checked, for it was
    stopped, all that was read.
    """
    if answer.abstained:
        found = [each.passage for each in nearest(answer)]
    elif answer.sentences:
        found = [each.passage for each in answer.citations]
    else:
        found = list(answer.passages) if answer.text else []
    return (*found, answer.curated.passage) if answer.curated is not None else tuple(found)


def by_number(citations: Sequence[Citation]) -> dict[int, list[Citation]]:
    """The citations of each mark."""
    groups: dict[int, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.number, []).append(citation)
    return groups


def blocks_of(passage: Document, part: Span, spans: Sequence[Span] = ()) -> tuple[Block, ...]:
    """A part of a passage's text in blocks. Rows of a table come under its header, though that stands before
    the part, or in the passage's context."""
    text = passage.page_content
    if metadata_of(passage)["kind"] != "table":
        return (Block(stretches(text[part.start : part.end], _shifted(spans, part.start))),)
    return tuple(_table_blocks(passage, part, spans))


def stretches(text: str, spans: Sequence[Span]) -> tuple[Stretch, ...]:
    """The text cut where spans begin and end (code points, in any order, possibly overlapping)."""
    cuts = sorted({0, len(text), *(min(max(edge, 0), len(text)) for span in spans for edge in span)})
    found: list[Stretch] = []
    for start, end in pairwise(cuts):
        inside = any(span.start <= start and end <= span.end for span in spans)
        if found and found[-1][1] == inside:
            found[-1] = (found[-1][0] + text[start:end], inside)
        else:
            found.append((text[start:end], inside))
    return tuple(found)


def _quoted(number: int, group: Sequence[Citation]) -> Quoted:
    passage = group[0].passage
    offset = metadata_of(passage)["start"]
    blocks = [
        block for each in group for block in blocks_of(passage, Span(each.start - offset, each.end - offset))
    ]
    texts = tuple(each.quote for each in group)
    return Quoted(number, passage, metadata_of(passage)["modified"][:10], texts, tuple(blocks))


def _table_blocks(passage: Document, part: Span, spans: Sequence[Span]) -> Iterator[Block]:
    text = passage.page_content
    known = _header(passage)
    lines = [Span(each.start(), each.end()) for each in re.finditer(r"[^\n]+", text)]
    for is_row, group in groupby(lines, key=lambda line: "|" in text[line.start : line.end]):
        whole = list(group)
        header = known
        # The first row is the header, unless a quote is nothing else.
        if is_row and not known and whole[0].end < part.end:
            first = whole.pop(0)
            header = _names(text[first.start : first.end])
        found = [Span(max(each.start, part.start), min(each.end, part.end)) for each in whole]
        found = [each for each in found if each.start < each.end]
        if found and not is_row:
            span = Span(found[0].start, found[-1].end)
            yield Block(stretches(text[span.start : span.end], _shifted(spans, span.start)))
        elif found:
            # Of a row that is quoted in part nobody knows which columns its cells are of.
            begins = found[0].start in {each.start for each in whole}
            rows = tuple(tuple(_cells(text, each, spans, len(header))) for each in found)
            yield Block(header=header if begins else (), rows=rows)


def _cells(text: str, line: Span, spans: Sequence[Span], columns: int) -> Iterator[Cell]:
    found = list(_CELL.finditer(text, line.start, line.end))
    if text[line.start] == "|" and len(found) < columns:
        yield ()  # the first one is empty
    for each in found:
        start = each.end() - len(each.group().lstrip())
        yield stretches(each.group().strip(), _shifted(spans, start))


def _names(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _CELL.findall(row))


def _after_headings(passage: Document) -> int:
    """Where the text of a passage begins after those of its headings that stand in it."""
    known = {"", *outline(passage)}
    start = 0
    for line in passage.page_content.splitlines(keepends=True)[:-1]:
        if " ".join(line.split()) not in known:
            break
        start += len(line)
    return start


def _shifted(spans: Sequence[Span], start: int) -> list[Span]:
    return [Span(each.start - start, each.end - start) for each in spans]


def _header(passage: Document) -> tuple[str, ...]:
    """A table's header where the passage's context has it; the last line of that with cells."""
    lines = [line for line in metadata_of(passage)["context"].splitlines() if "|" in line]
    return _names(lines[-1]) if lines else ()
