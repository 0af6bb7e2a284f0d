"""A document's stored text, assembled from its blocks, with the exact span of each.

Every offset in the product is a code point into this text: passages are slices of it, citations quote it.
"""

from collections.abc import Iterable
from typing import NamedTuple, cast

from langchain_core.documents import Document

from ingest.normalization import normalize
from ingest.parsers.blocks import PARAGRAPH, BlockKind, PairLines

# Characters of what every passage below repeats; a file may call anything a heading.
_LONGEST_HEADING = 300
_LONGEST_HEADER = 2000


class Block(NamedTuple):
    """A block where it stands: ``text[start:end]``."""

    start: int
    end: int
    kind: BlockKind = "prose"
    page: int | None = None
    heading: tuple[str, ...] = ()  # of a heading: its own text last
    header: str = ""  # of a table's row: the header row, which stands elsewhere
    pair_lines: PairLines | None = None  # of a question and its answer


class DocumentText(NamedTuple):
    """The stored text and its blocks, in order and not overlapping; only white space lies between them."""

    text: str
    blocks: tuple[Block, ...]


def assemble(blocks: Iterable[Document]) -> DocumentText:
    """Put blocks together to the stored text. Those without text are left out."""
    pieces: list[str] = []
    placed: list[Block] = []
    length = 0
    for each in blocks:
        text = normalize(each.page_content)
        if not text:
            continue
        metadata = each.metadata
        if pieces:
            separator = str(metadata.get("separator", PARAGRAPH))
            pieces.append(separator)
            length += len(separator)
        pieces.append(text)
        placed.append(
            Block(
                length,
                length + len(text),
                cast(BlockKind, metadata.get("kind", "prose")),
                metadata.get("page"),
                tuple(each[:_LONGEST_HEADING] for each in metadata.get("heading", ())),
                str(metadata.get("header", ""))[:_LONGEST_HEADER],
                metadata.get("pair_lines"),
            )
        )
        length += len(text)
    return DocumentText("".join(pieces), tuple(placed))
