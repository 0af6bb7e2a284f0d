"""Leaving out passages that say again what a better one says."""

import re
from collections.abc import Iterable
from functools import cached_property

from langchain_core.documents import Document

_SHINGLE = 5  # characters
_ALIKE = 0.9  # Jaccard similarity of shingles
_LENGTHS = 0.7  # of the longer one, what the shorter one's length must be
_LONG = 120  # characters; what a shorter passage means depends on its heading
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class _Content:
    """What is compared of a passage."""

    def __init__(self, passage: Document) -> None:
        self.text = "".join(passage.page_content.casefold().split())
        self.numbers = frozenset(_NUMBER.findall(passage.page_content))
        self.heading = tuple(passage.metadata.get("heading", ()))

    @cached_property  # most passages differ in length or numbers, and need none
    def shingles(self) -> frozenset[str]:
        starts = range(max(1, len(self.text) - _SHINGLE + 1))
        return frozenset(self.text[start : start + _SHINGLE] for start in starts)


def distinct_passages(passages: Iterable[Document], k: int) -> list[Document]:
    """The first ``k`` passages that aren't nearly the same as one before them.

    Passages that differ in a number are never the same (one may be the newer version of the other), nor are
    short ones under different headings.
    """
    kept: list[Document] = []
    contents: list[_Content] = []
    for passage in passages:
        content = _Content(passage)
        if not any(_same(content, other) for other in contents):
            kept.append(passage)
            contents.append(content)
        if len(kept) == k:
            break
    return kept


def _same(first: _Content, second: _Content) -> bool:
    if first.heading != second.heading and min(len(first.text), len(second.text)) < _LONG:
        return False
    if first.text == second.text:
        return True
    if first.numbers != second.numbers:
        return False
    # Where a text is much longer, even having all of the shorter one's shingles would not be enough; a text
    # that repeats itself has fewer shingles than characters, hence the margin.
    shorter, longer = sorted((len(first.text), len(second.text)))
    if shorter < _LENGTHS * longer:
        return False
    shared = len(first.shingles & second.shingles)
    return shared >= _ALIKE * (len(first.shingles) + len(second.shingles) - shared)
