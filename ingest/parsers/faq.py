"""Question–answer pairs, found in any format's blocks and made one block each, so that nothing splits them.

Three forms, in both languages:

- a heading, or a paragraph all in bold, that ends in a question mark; its answer reaches to the next heading
  (or the next bold question). A heading with headings below it is a chapter, not a question;
- ``Q: … A: …``, ``问：… 答：…``, on lines of one block or in blocks that follow each other;
- pairs a format holds as such (a table of questions and answers): parsers make them with ``faq_block``.

A pair's text is its question, on one line, and then its answer.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.documents import Document

from ingest.normalization import normalize, normalize_line
from ingest.parsers.blocks import LINE, PairLines, block

_QUESTION_MARK = re.compile(r"[?？][\s\"'”’」』）)*_]*$")
QUESTION_MARKER = re.compile(
    r"^\s*[*_]{0,2}(?:Q(?:uestion)?\s*\d{0,3}|问题?\s*[\d一二三四五六七八九十]{0,3}|問題?\s*\d{0,3})[*_]{0,2}\s*[:：.、．][*_]{0,2}\s*(?=\S)",
    re.IGNORECASE,
)
ANSWER_MARKER = re.compile(
    r"^\s*[*_]{0,2}(?:A(?:nswer)?\s*\d{0,3}|答案?\s*[\d一二三四五六七八九十]{0,3}|回答)[*_]{0,2}\s*[:：.、．][*_]{0,2}\s*",
    re.IGNORECASE,
)
ANSWER_LINE = re.compile(r"\n(?=" + ANSWER_MARKER.pattern.removeprefix("^") + ")", re.IGNORECASE)
_QUESTION_LINE = re.compile(r"\n(?=" + QUESTION_MARKER.pattern.removeprefix("^") + ")", re.IGNORECASE)
_LONGEST_QUESTION = 300  # characters; a longer heading or bold line is something else


def faq_block(
    question: str, answer: str, *, phrasings: Sequence[str] = (), more: Sequence[str] = (), **metadata: Any
) -> Document:
    """A question–answer pair as one block: the question, other phrasings, the answer, what else is told."""
    above = [normalize_line(each) for each in (question, *phrasings)]
    below = [normalize_line(each) for each in more]
    text = "\n".join([*above, normalize(answer), *below])
    return block("faq", text, pair_lines=PairLines(1, len(above) - 1, len(below)), **metadata)


def pair_questions(blocks: Iterable[Document]) -> list[Document]:
    """The blocks with each question and its answer made one block of kind "faq", all else as it was."""
    return _pair_marked(_pair_headed(list(blocks)))


def _pair_headed(blocks: list[Document]) -> list[Document]:
    paired: list[Document] = []
    index = 0
    while index < len(blocks):
        end = _answer_end(blocks, index) if _is_question(blocks[index]) else index
        if end > index + 1:
            paired.append(_merge(blocks[index:end], parent=blocks[index].metadata["kind"] == "heading"))
            index = end
        else:
            paired.append(blocks[index])
            index += 1
    return paired


def _is_question(document: Document) -> bool:
    metadata = document.metadata
    asked = metadata.get("kind") == "heading" or (metadata.get("kind") == "prose" and metadata.get("strong"))
    text = document.page_content
    return bool(asked) and len(text) <= _LONGEST_QUESTION and _QUESTION_MARK.search(text) is not None


def _answer_end(blocks: list[Document], question: int) -> int:
    """Where the answer to the question ends; ``question`` itself if it has none of its own."""
    level = blocks[question].metadata.get("level")
    for index in range(question + 1, len(blocks)):
        metadata = blocks[index].metadata
        if metadata.get("kind") == "heading":
            deeper = level is not None and metadata.get("level", 1) > level
            return question if deeper else index
        if metadata.get("kind") == "faq":
            return index
        if level is None and metadata.get("strong"):
            return index
    return len(blocks)


def _pair_marked(blocks: list[Document]) -> list[Document]:
    """Pairs marked ``Q:`` and ``A:`` become blocks."""
    lines = [piece for each in blocks for piece in _at_questions(each)]
    paired: list[Document] = []
    index = 0
    while index < len(lines):
        end = _marked_end(lines, index)
        if end > index:
            paired.append(_merge(lines[index:end]))
            index = end
        else:
            paired.append(lines[index])
            index += 1
    return paired


def _at_questions(document: Document) -> list[Document]:
    """A block of several ``Q:`` lines as one block a question."""
    if document.metadata.get("kind") not in (None, "prose", "list"):
        return [document]
    pieces = _QUESTION_LINE.split(document.page_content)
    if len(pieces) == 1:
        return [document]
    return [
        document.model_copy(
            update={
                "page_content": piece.strip(),
                "metadata": {**document.metadata, "separator": LINE} if number else document.metadata,
            }
        )
        for number, piece in enumerate(pieces)
        if piece.strip()
    ]


def _marked_end(blocks: list[Document], start: int) -> int:
    """Where the pair that begins at ``start`` ends; ``start`` if none does."""
    first = blocks[start]
    if first.metadata.get("kind") == "faq" or not QUESTION_MARKER.match(first.page_content):
        return start
    index = start + 1
    if not ANSWER_LINE.search(first.page_content):
        if index == len(blocks) or not ANSWER_MARKER.match(blocks[index].page_content):
            return start
        index += 1
    return _further_paragraphs(blocks, index)


def _further_paragraphs(blocks: list[Document], index: int) -> int:
    """An answer goes on until the next question; the last one with lists and code right below it only."""
    for end in range(index, len(blocks)):
        kind = blocks[end].metadata.get("kind")
        if QUESTION_MARKER.match(blocks[end].page_content):
            return end
        if kind in ("heading", "faq"):
            break
    end = index
    while end < len(blocks) and blocks[end].metadata.get("kind") in ("list", "code"):
        end += 1
    return end


def _merge(blocks: list[Document], *, parent: bool = False) -> Document:
    """Blocks as one of kind "faq". With ``parent``, the first's own heading leaves its heading path."""
    text = normalize_line(blocks[0].page_content) if parent else blocks[0].page_content
    for each in blocks[1:]:
        text += each.metadata.get("separator", "\n\n") + each.page_content
    metadata = {key: blocks[0].metadata[key] for key in ("page", "separator") if key in blocks[0].metadata}
    metadata["pair_lines"] = PairLines(1 if parent else blocks[0].page_content.count("\n") + 1)
    heading = tuple(blocks[0].metadata.get("heading", ()))
    return block("faq", text, heading=heading[:-1] if parent else heading, **metadata)
