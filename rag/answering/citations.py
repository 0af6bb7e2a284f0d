"""The marks ``[n]`` in a generated text, and the sentences that carry them."""

import logging
import re
from dataclasses import dataclass

from rag.text.sentences import split_sentences

logger = logging.getLogger(__name__)

_MARK = re.compile(r"\s?[\[［【]\s*(\d{1,3}(?:\s*[,，、;；]\s*\d{1,3})*)\s*[\]］】]")
_CANONICAL = re.compile(r"\[(\d+)\]")
_LEADING_MARKS = re.compile(r"(?:\s*\[\d+\])+")
_ENDED_TWICE = re.compile(r"(?<![。.])([。.])\s*[。.]$")  # with a mark between: "EUR 18 [2]. [2]."
_END = re.compile(r"([。！？!?]|\.)$")


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence of a generated text without its marks, and the numbers that it cited."""

    text: str
    numbers: tuple[int, ...]


def normalize_marks(text: str) -> str:
    """Write every citation mark as ``[n]``, one number each: ``【1，2】`` becomes ``[1][2]``."""

    def rewrite(match: re.Match[str]) -> str:
        return "".join(f"[{int(number)}]" for number in re.findall(r"\d+", match.group(1)))

    return _MARK.sub(rewrite, text)


def marked_sentences(text: str, passages: int) -> tuple[list[MarkedSentence], tuple[int, ...]]:
    """Cut a generated text into sentences with the citations of each.

    A mark after the full stop belongs to the sentence before it. Numbers that no passage has (outside 1 to
    ``passages``) are dropped, logged and returned as the second value.
    """
    text = normalize_marks(text.strip())
    dropped: list[int] = []
    sentences: list[MarkedSentence] = []
    for piece in _pieces(text):
        numbers = []
        for number in (int(each) for each in _CANONICAL.findall(piece)):
            if not 1 <= number <= passages:
                dropped.append(number)
            elif number not in numbers:
                numbers.append(number)
        bare = _ENDED_TWICE.sub(r"\1", _CANONICAL.sub("", piece).strip())
        if any(character.isalnum() for character in bare):
            sentences.append(MarkedSentence(bare, tuple(numbers)))
    if dropped:
        logger.warning("dropped citations of passages that don't exist: %s", dropped)
    return sentences, tuple(dropped)


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for start, end in split_sentences(text):
        piece = text[start:end]
        marks = _LEADING_MARKS.match(piece)
        if marks and pieces:
            pieces[-1] += marks.group().strip()
            piece = piece[marks.end() :].strip()
        if piece:
            pieces.append(piece)
    return pieces


def place_marks(sentence: str, numbers: tuple[int, ...]) -> str:
    """The sentence with its marks before the closing full stop: ``Two years [1].``"""
    if not numbers:
        return sentence
    marks = "".join(f"[{number}]" for number in numbers)
    end = _END.search(sentence)
    head, tail = (sentence[: end.start()], sentence[end.start() :]) if end else (sentence, "")
    space = "" if not head or ord(head[-1]) > 0x2E7F else " "
    return f"{head}{space}{marks}{tail}"
