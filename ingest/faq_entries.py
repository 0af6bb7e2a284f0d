"""Where question, other phrasings and answer stand in a question–answer pair's text.

The marks ``Q:`` and ``A:``, 问 and 答, and emphasis around a question stay in the passage but in no span: a
question is compared with questions, and an answer given as it is written.
"""

import re

from ingest.document_text import Block
from ingest.parsers.blocks import PairLines
from ingest.parsers.faq import ANSWER_LINE, ANSWER_MARKER, QUESTION_MARKER
from rag.knowledge_base import FaqEntry
from rag.text.sentences import Span

_EMPHASIS = "*_"
_LINE = re.compile(r"[^\n]*")


def find_entry(text: str, block: Block) -> FaqEntry | None:
    """The entry that a block of kind "faq" holds; None if it has no question or no answer.

    Args:
        text: the document's stored text.
        block: a block in it.

    Returns:
        Spans of the document's text, in order and without white space around them.
    """
    body = text[block.start : block.end]
    lines = [Span(*match.span()) for match in _LINE.finditer(body) if match.start() == 0 or match.group()]
    # Blank lines are in no answer's first or last place, so counting those with text is enough.
    shape = block.pair_lines or PairLines()
    marked = QUESTION_MARKER.match(body)
    first_answer_line = ANSWER_LINE.search(body) if marked else None
    if first_answer_line:
        questions = [Span(0, first_answer_line.start())]
        answer = Span(first_answer_line.end(), len(body))
    else:
        above = shape.question + shape.phrasings
        if len(lines) <= above + shape.more:
            return None
        questions = [Span(0, lines[shape.question - 1].end), *lines[shape.question : above]]
        answer = Span(lines[above].start, lines[len(lines) - 1 - shape.more].end)
    if marked:
        questions[0] = Span(marked.end(), questions[0].end)
        if prefix := ANSWER_MARKER.match(body[answer.start : answer.end]):
            answer = Span(answer.start + prefix.end(), answer.end)
    stripped = [_strip(body, span, _EMPHASIS) for span in questions]
    answer = _strip(body, answer)
    if answer.start >= answer.end or any(span.start >= span.end for span in stripped):
        return None
    moved = [Span(span.start + block.start, span.end + block.start) for span in (*stripped, answer)]
    return FaqEntry(tuple(moved[:-1]), moved[-1])


def _strip(text: str, span: Span, also: str = "") -> Span:
    """The span without white space, and the characters of ``also``, at its ends."""
    start, end = span
    while start < end and (text[start].isspace() or text[start] in also):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in also):
        end -= 1
    return Span(start, end)
