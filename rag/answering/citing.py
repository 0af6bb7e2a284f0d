"""From a generated text to an answer whose sentences rest on exact places."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from rag.answer import Citation, Sentence
from rag.answering.support import Support, measure_support
from rag.passage import metadata_of
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.marks import (
    marked_numbers,
    normalize_marks,
    place_marks,
    split_leading_marks,
    without_marks,
)
from rag.text.sentences import split_sentences

logger = logging.getLogger(__name__)

_SUPPORTED = 0.4
_UNSUPPORTED = 0.25  # a sentence with less shares next to nothing with what it cites
_BETTER = 0.15  # by how much another passage must support a sentence better to take its citation
_ENDED_TWICE = re.compile(r"(?<![。.])([。.])\s*[。.]$")  # with a mark between: "EUR 18 [2]. [2]."


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence of a generated text without its marks, and the numbers that it cited."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """An answer's text with canonical marks, its sentences, citations, and dropped numbers.

    ``removed`` are sentences that no passage supports.
    """

    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    dropped: tuple[int, ...]
    removed: tuple[str, ...] = ()


def resolve_answer(
    generated: str,
    passages: Sequence[Document],
    inquiry: Inquiry,
    *,
    analyzer: Analyzer,
    as_written: bool = False,
) -> Resolved:
    """Resolve the marks of a generated text against the passages it was generated from.

    Each sentence is checked against what it cites. A citation whose passage doesn't support the sentence
    gives way to a passage that does; a sentence without a citation gets the one that supports it, if any.
    What no passage supports is removed. ``as_written``: supports are measured, and nothing is changed.
    """
    marked, dropped = marked_sentences(generated, len(passages))
    text = ""
    sentences: list[Sentence] = []
    citations: dict[tuple[int, int, int], Citation] = {}
    removed: list[str] = []
    for each in marked:
        supports = [
            measure_support(
                each.text,
                passage.page_content,
                inquiry,
                analyzer=analyzer,
                context=f"{metadata_of(passage)['context']}\n{metadata_of(passage)['modified'][:10]}",
                crossing=not _same_language(each.text, passage),
            )
            for passage in passages
        ]
        numbers = each.numbers if as_written else _choose(each, passages, supports)
        if not numbers and not as_written:
            removed.append(each.text)
            continue
        rendered = place_marks(each.text, numbers)
        if text:
            text += "" if language_of(text[-1:] + rendered) == "zh" else " "
        start = len(text)
        text += rendered
        support = max((supports[number - 1].share for number in numbers), default=0.0)
        sentences.append(Sentence(rendered, start, len(text), numbers, support))
        for number in numbers:
            citation = _citation(number, passages[number - 1], supports[number - 1])
            citations.setdefault((number, citation.start, citation.end), citation)
    return Resolved(text, tuple(sentences), tuple(citations.values()), dropped, tuple(removed))


def marked_sentences(text: str, passages: int) -> tuple[list[MarkedSentence], tuple[int, ...]]:
    """Cut a generated text into sentences with the citations of each.

    A mark after the full stop belongs to the sentence before it. Numbers that no passage has (outside 1 to
    ``passages``) are dropped, logged and returned as the second value.
    """
    dropped: list[int] = []
    sentences: list[MarkedSentence] = []
    for piece in _pieces(normalize_marks(text.strip())):
        numbers = list(dict.fromkeys(marked_numbers(piece)))
        dropped.extend(each for each in numbers if not 1 <= each <= passages)
        bare = _ENDED_TWICE.sub(r"\1", without_marks(piece).strip())
        if any(character.isalnum() for character in bare):
            sentences.append(MarkedSentence(bare, tuple(each for each in numbers if 1 <= each <= passages)))
    if dropped:
        logger.warning("dropped citations of passages that don't exist: %s", dropped)
    return sentences, tuple(dropped)


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for start, end in split_sentences(text):
        piece = text[start:end]
        marks, rest = split_leading_marks(piece) if pieces else ("", piece)
        if marks:
            pieces[-1] += marks
        if rest:
            pieces.append(rest)
    return pieces


def _choose(
    sentence: MarkedSentence, passages: Sequence[Document], supports: Sequence[Support]
) -> tuple[int, ...]:
    """The passages that a sentence is to cite: its own, or a better one; none if nothing bears it out."""
    borne_out = [number for number in sentence.numbers if supports[number - 1].disagreement is None]
    if borne_out and not _same_language(sentence.text, passages[borne_out[0] - 1]):
        return tuple(borne_out)  # shared words say nothing across languages
    best = max(range(1, len(supports) + 1), key=lambda number: (supports[number - 1].share, -number))
    best_share = supports[best - 1].share
    cited = max((supports[number - 1].share for number in borne_out), default=0.0)
    needed = _SUPPORTED if borne_out else _UNSUPPORTED
    if best_share >= needed and best_share >= cited + _BETTER:
        return (best,)
    if cited < _UNSUPPORTED:
        return ()
    return tuple(number for number in borne_out if supports[number - 1].share >= cited - _BETTER)


def _same_language(sentence: str, passage: Document) -> bool:
    return (language_of(sentence) == "zh") == (metadata_of(passage)["lang"] == "zh")


def _citation(number: int, passage: Document, support: Support) -> Citation:
    offset = metadata_of(passage)["start"]
    start, end = support.quote
    return Citation(
        number=number,
        passage=passage,
        quote=passage.page_content[start:end],
        start=offset + start,
        end=offset + end,
        support=support.share,
    )
