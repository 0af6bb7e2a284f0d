"""Questions with what a right answer to them says and rests on."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rag.errors import EvalError


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question and its gold data.

    ``answers`` are strings of which a right answer contains at least one; ``sources`` the documents that hold
    the evidence (any of them is right), ``page`` the 1-based page where it matters. Both are empty for a
    question that the documents can't answer.
    """

    id: str
    text: str
    lang: str
    answers: tuple[str, ...]
    sources: tuple[str, ...]
    answerable: bool
    page: int | None = None


def read_questions(file: Path) -> list[GoldQuestion]:
    """Read questions from JSONL: ``{"id", "text", "lang", "answers", "sources", "answerable", "page"?}``.

    Raises:
        EvalError: the file can't be read, or a line isn't such an object; the message names the line.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"can't read the questions in {file}: {error}") from error
    questions = [_parse(line, f"{file}, line {n}") for n, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise EvalError(f"{file} holds no question; write one JSON object a line")
    return questions


def _parse(line: str, place: str) -> GoldQuestion:
    try:
        record = json.loads(line)
        return GoldQuestion(
            id=str(record["id"]),
            text=record["text"],
            lang=record["lang"],
            answers=tuple(record["answers"]),
            sources=tuple(record["sources"]),
            answerable=bool(record["answerable"]),
            page=record.get("page"),
        )
    except json.JSONDecodeError as error:
        raise EvalError(f"{place} isn't JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise EvalError(f"{place} isn't a question: {error} is missing or of the wrong kind") from error


def comparable(text: str) -> str:
    """A text as answers are compared: NFKC, lower case, without white space and citation marks."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+|\[\d+\]", "", text)


def contains_answer(text: str, answers: tuple[str, ...]) -> bool:
    """Whether the text contains one of the answers; a number must not be part of a longer number."""
    haystack = comparable(text)
    return any(
        re.search(rf"{_guard(needle[:1], '<!')}{re.escape(needle)}{_guard(needle[-1:], '!')}", haystack)
        for needle in map(comparable, answers)
    )


def _guard(edge: str, direction: str) -> str:
    """A look-around that keeps "15" from matching inside "150" or "1.15"."""
    if not edge.isdigit():
        return ""
    return r"(?<![\d])(?<!\d[.,])" if direction == "<!" else r"(?![\d])(?![.,]\d)"
