"""The units that passages are made of: sentences, table rows, lines of code, whole question–answer pairs."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingest.document_text import Block
from rag.text.language import approximate_tokens
from rag.text.sentences import split_sentences

_CLAUSE_END = re.compile(r"[，,;；:：、）)]\s*|\s[-–—]\s|\n|\s")
_CODE_LINE = re.compile(r"\S.*")
AFTER_HEADING = 0  # how good it is to end a passage after a unit: never if avoidable,
AFTER_COLON = 1  # what is announced follows,
AFTER_SENTENCE = 2
AFTER_LINE = 3
AFTER_BLOCK = 4  # best


class Unit(NamedTuple):
    """A stretch of text that passages keep whole. ``cut`` tells how good it is to end a passage after it."""

    start: int
    end: int
    tokens: int
    cut: int
    block: Block


def split_to_units(text: str, blocks: Sequence[Block], max_tokens: int, piece_tokens: int) -> list[Unit]:
    """The units of blocks, in order.

    What is longer than ``max_tokens`` (but for question–answer pairs) is cut to pieces of at most
    ``piece_tokens``.
    """
    return [unit for block in blocks for unit in _block_units(text, block, max_tokens, piece_tokens)]


def _block_units(text: str, block: Block, max_tokens: int, piece_tokens: int) -> Iterator[Unit]:
    spans = list(_spans(text, block))
    for number, (start, end) in enumerate(spans):
        tokens = approximate_tokens(text[start:end])
        pieces = [(start, end)]
        if block.kind != "faq" and tokens > max_tokens:
            pieces = list(_cut(text, start, end, piece_tokens))
        for piece_start, piece_end in pieces:
            if piece_end != end:
                cut = AFTER_COLON
            elif block.kind == "heading":
                cut = AFTER_HEADING
            elif text[end - 1] in ":：":
                cut = AFTER_COLON
            elif number == len(spans) - 1:
                cut = AFTER_BLOCK
            else:
                cut = AFTER_LINE if text[end] == "\n" else AFTER_SENTENCE
            if len(pieces) > 1:
                tokens = approximate_tokens(text[piece_start:piece_end])
            yield Unit(piece_start, piece_end, max(1, tokens), cut, block)


def _spans(text: str, block: Block) -> Iterator[tuple[int, int]]:
    body = text[block.start : block.end]
    if block.kind in ("faq", "table", "heading"):
        yield block.start, block.end
    elif block.kind == "code":
        for match in _CODE_LINE.finditer(body):
            end = match.start() + len(match.group().rstrip())
            yield block.start + match.start(), block.start + end
    else:
        for start, end in split_sentences(body):
            yield block.start + start, block.start + end


def _cut(text: str, start: int, end: int, max_tokens: int) -> Iterator[tuple[int, int]]:
    """A stretch that is too long, in pieces as long as they may be, cut at clause marks where there are."""
    while start < end:
        stop = _furthest(text, start, end, max_tokens)
        if stop < end:
            marks = [match.end() for match in _CLAUSE_END.finditer(text, start, stop)]
            late = [mark for mark in marks if mark - start >= (stop - start) // 2]
            stop = late[-1] if late else stop
        piece = text[start:stop]
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = stop
        while start < end and text[start].isspace():
            start += 1


def _furthest(text: str, start: int, end: int, max_tokens: int) -> int:
    """The furthest end at which the stretch is no longer than ``max_tokens``."""
    low, high = start + 1, min(end, start + 4 * max_tokens + 4)  # a token is at most four characters long
    while low < high:
        middle = (low + high + 1) // 2
        if approximate_tokens(text[start:middle]) <= max_tokens:
            low = middle
        else:
            high = middle - 1
    return low
