"""The marks ``[n]`` by which a text cites the passages that it was written from, numbered from 1."""

import re
from collections.abc import Iterable

MARK = re.compile(r"\[(\d+)\]")
_WITH_SPACE = re.compile(r"\s*\[\d+\]")
_LEADING = re.compile(r"(?:\s*\[\d+\])+")
# As generators write them: 【1，2】, ［3］, [ 1; 2 ].
_ANY_STYLE = re.compile(r"\s?[\[［【]\s*(\d{1,3}(?:\s*[,，、;；]\s*\d{1,3})*)\s*[\]］】]")
_END = re.compile(r"([。！？!?]|\.)$")


def mark(number: int) -> str:
    """The mark of a passage's number."""
    return f"[{number}]"


def normalize_marks(text: str) -> str:
    """Write every mark as ``[n]``, one number each: ``【1，2】`` becomes ``[1][2]``."""
    return _ANY_STYLE.sub(
        lambda match: "".join(mark(int(number)) for number in re.findall(r"\d+", match.group(1))), text
    )


def marked_numbers(text: str) -> list[int]:
    """The numbers that a text cites, in order, repetitions included."""
    return [int(number) for number in MARK.findall(text)]


def without_marks(text: str) -> str:
    """The text without its marks and the space before each."""
    return _WITH_SPACE.sub("", text)


def split_leading_marks(text: str) -> tuple[str, str]:
    """The marks that a text begins with, and the rest."""
    match = _LEADING.match(text)
    return (match.group().strip(), text[match.end() :].strip()) if match else ("", text)


def place_marks(sentence: str, numbers: Iterable[int]) -> str:
    """The sentence with marks before its closing full stop: ``Two years [1].``"""
    marks = "".join(mark(number) for number in numbers)
    if not marks:
        return sentence
    end = _END.search(sentence)
    head, tail = (sentence[: end.start()], sentence[end.start() :]) if end else (sentence, "")
    space = "" if not head or ord(head[-1]) > 0x2E7F else " "
    return f"{head}{space}{marks}{tail}"
