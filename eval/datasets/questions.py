"""One line of a file of questions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.datasets.lines import flag_of, id_key, read_objects, text_of, texts_of, unique_id
from eval.datasets.records import EvalQuestion
from rag.answer import Turn
from rag.errors import EvalError
from rag.text.language import language_of


def read_question_lines(file: Path) -> dict[str, tuple[str, EvalQuestion]]:
    """The questions of a JSONL file by id, each with its place for messages; judgements come from elsewhere.

    A line is ``{"id" or "_id", "text", "lang"?, "answers"?, "answerable"?, "kind" or "type"?, "split"?,
    "sources"?, "page"?, "near_doc"?, "history"?, "items"?}``.

    Raises:
        EvalError: a line isn't such an object, or its id was there before.
    """
    seen: set[str] = set()
    questions = {}
    for place, record in read_objects(file):
        question = _question(record, place)
        questions[unique_id(seen, question.id, place)] = (place, question)
    if not questions:
        raise EvalError(f"{file} holds no question; write one JSON object a line")
    return questions


def _question(record: Mapping[str, Any], place: str) -> EvalQuestion:
    text = text_of(record, "text", place)
    if not text.strip():
        raise EvalError(f"{place} is a question without words")
    answers = texts_of(record, "answers", place)
    answerable = flag_of(record, "answerable", place)
    if answers and not answerable:
        raise EvalError(f'{place} has "answers" although "answerable" is false')
    page = record.get("page")
    if page is not None and (not isinstance(page, int) or isinstance(page, bool) or page < 1):
        raise EvalError(f'{place}: "page" is not a number from 1 on but {page!r}')
    return EvalQuestion(
        id=text_of(record, id_key(record), place),
        text=text,
        lang=text_of(record, "lang", place, language_of(text)),
        answers=answers,
        answerable=answerable,
        kind=text_of(record, "kind", place, text_of(record, "type", place, "")),
        split=text_of(record, "split", place, ""),
        history=_history(record, place),
        near_document=text_of(record, "near_doc", place) if record.get("near_doc") is not None else None,
        sources=texts_of(record, "sources", place),
        page=page,
        items=_items(record, place),
    )


def _items(record: Mapping[str, Any], place: str) -> tuple[tuple[str, ...], ...]:
    items = record.get("items") or ()
    for item in items:
        if not isinstance(item, list) or not item or not all(isinstance(each, str) for each in item):
            raise EvalError(f'{place}: each of "items" is a list of its forms, not {item!r}')
    return tuple(map(tuple, items))


def _history(record: Mapping[str, Any], place: str) -> tuple[Turn, ...]:
    turns = []
    for turn in record.get("history") or ():
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            raise EvalError(f'{place}: a turn of "history" needs "role" (user or assistant) and "content"')
        turns.append(Turn(turn["role"], text_of(turn, "content", place)))
    return tuple(turns)
