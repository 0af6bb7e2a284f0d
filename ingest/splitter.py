"""From documents to passages.

A passage is an exact slice of its document's stored text. Its rules, in order of precedence:

- a question–answer pair is one passage, whatever its length;
- a passage stays within one section (one heading path), one page, and one kind;
- a table is cut between rows only; rows without their header carry it in their ``context``;
- a heading travels with the passage that follows it, a caption with its table;
- a passage ends at the end of a sentence, and rather at that of a paragraph, as near ``target_tokens`` as it
  can; a sentence longer than ``max_tokens`` is cut at clause marks, and without such, hard;
- a short tail joins its predecessor.

PDF pages are cut apart even within a sentence, so that a passage's page is certain.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.transformers import BaseDocumentTransformer

from ingest.document_text import Block
from ingest.faq_entries import find_entry
from ingest.passage_units import AFTER_HEADING, Unit, split_to_units
from rag.passage import Kind
from rag.text.language import passage_language

_VERSION = 1
_TAIL = 4  # a passage shorter than a fourth of the target is a tail
_LONGEST_CAPTION = 100  # characters


class PassageSplitter(BaseDocumentTransformer):
    """Splits documents to passages.

    A document's ``page_content`` is the stored text; its metadata may hold ``blocks`` (a sequence of
    ``document_text.Block``), without which the whole is one block of prose, and ``title``. The rest of its
    metadata is passed on to its passages.
    """

    def __init__(self, target_tokens: int = 160, max_tokens: int = 320) -> None:
        self._target = target_tokens
        self._max = max(target_tokens, max_tokens)

    @property
    def fingerprint(self) -> str:
        """Names the splitter: this one would split what one of another fingerprint has split otherwise."""
        return f"{_VERSION}:{self._target}:{self._max}"

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> Sequence[Document]:
        """The passages of the documents, in order.

        Their metadata: ``start``, ``end`` (code points), ``page``, ``heading``, ``context``, ``kind`` and
        ``lang``, as ``rag.passage.PassageMetadata`` describes them; of a question and its answer, ``entry``.
        """
        return [passage for document in documents for passage in self._split(document)]

    def _split(self, document: Document) -> Iterator[Document]:
        text = document.page_content
        shared = {key: value for key, value in document.metadata.items() if key not in ("blocks", "title")}
        title = str(document.metadata.get("title", ""))
        blocks = document.metadata.get("blocks") or [Block(0, len(text))]
        for part in _parts(text, blocks):
            for units in self._fill(split_to_units(text, part, self._max, self._max - self._target // _TAIL)):
                start, end = units[0].start, units[-1].end
                body = _body(units)
                yield Document(
                    page_content=text[start:end],
                    metadata={
                        **shared,
                        "start": start,
                        "end": end,
                        "page": body.page,
                        "heading": body.heading,
                        "context": _context(title, body, text[start:end]),
                        "kind": _kind(body),
                        "lang": passage_language(text[start:end]),
                        **({"entry": find_entry(text, body)} if body.kind == "faq" else {}),
                    },
                )

    def _fill(self, units: list[Unit]) -> list[list[Unit]]:
        """The units in runs of about the target's length, cut where it is best to cut."""
        runs: list[list[Unit]] = []
        start = 0
        while start < len(units):
            end = self._end(units, start)
            runs.append(units[start:end])
            start = end
        if len(runs) < 2 or not self._is_tail(_tokens(runs[-1])):
            return runs
        if _tokens(runs[-2]) + _tokens(runs[-1]) <= self._max:
            tail = runs.pop()
            runs[-1] = runs[-1] + tail
        return runs

    def _is_tail(self, tokens: int) -> bool:
        return tokens * _TAIL < self._target

    def _end(self, units: list[Unit], start: int) -> int:
        """Where the passage that starts at a unit ends: at the best cut in the second half of the target."""
        total = 0
        best, best_worth = 0, -1
        for index in range(start, len(units)):
            total += units[index].tokens
            if best and total > self._target:
                return best
            following = units[index + 1].tokens if index + 1 < len(units) else 0
            if (units[index].cut == AFTER_HEADING or self._is_tail(total)) and total + following <= self._max:
                continue
            worth = units[index].cut if 2 * total >= self._target else -1
            if worth >= best_worth:
                best, best_worth = index + 1, worth
        return len(units)


def _parts(text: str, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The blocks in runs that passages may be made of. Headings go with the run that follows them.

    The headings right above a question–answer pair are in its context, and in no passage's text; headings
    that nothing follows on their page close the run before them.
    """
    part: list[Block] = []
    headings: list[Block] = []
    for block in blocks:
        if headings and block.page != headings[-1].page:
            yield from _close(part, headings)
            part, headings = [], []
        if block.kind == "heading":
            headings.append(block)
        elif block.kind == "faq":
            above = set(block.heading)
            yield from _close(part, [each for each in headings if not above.issuperset(each.heading[-1:])])
            yield [block]
            part, headings = [], []
        elif headings or (part and not _belong_together(part[-1], block)):
            if part and not headings and _is_caption(text, part[-1], block):
                headings = [part.pop()]
                if all(each.kind == "heading" for each in part):
                    part, headings = [], part + headings
            if part:
                yield part
            part, headings = [*headings, block], []
        else:
            part.append(block)
    yield from _close(part, headings)


def _close(part: list[Block], headings: list[Block]) -> Iterator[list[Block]]:
    """A run and the headings that nothing follows: one run, if they are on one page."""
    if part and headings and part[-1].page != headings[0].page:
        yield part
        yield headings
    elif part or headings:
        yield part + headings


def _belong_together(first: Block, second: Block) -> bool:
    return (first.page, first.heading, _kind(first)) == (second.page, second.heading, _kind(second))


def _is_caption(text: str, block: Block, table: Block) -> bool:
    """Whether a block of prose right above a table is its caption, or announces it."""
    if (block.kind, table.kind) != ("prose", "table"):
        return False
    if (block.page, block.heading) != (table.page, table.heading):
        return False
    return block.end - block.start <= _LONGEST_CAPTION and text[block.end - 1] not in "。.!！?？;；"


def _body(units: Sequence[Unit]) -> Block:
    """The block that says what a passage is: a table's row if there is one, else what isn't a heading."""
    blocks = [unit.block for unit in units]
    tables = (block for block in blocks if block.kind == "table")
    return next(tables, next((block for block in blocks if block.kind != "heading"), blocks[-1]))


def _kind(block: Block) -> Kind:
    return block.kind if block.kind in ("faq", "table", "ocr") else "prose"


def _context(title: str, block: Block, text: str) -> str:
    """What the passage's reader must know besides its text: title and headings, and a table's header row."""
    lines = text.split("\n")
    path = [each for each in dict.fromkeys(filter(None, [title, *block.heading])) if each not in lines]
    header = [block.header] if block.header and block.header not in text else []
    return "\n".join(filter(None, [" > ".join(path), *header]))


def _tokens(units: Sequence[Unit]) -> int:
    return sum(unit.tokens for unit in units)
