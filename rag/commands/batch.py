"""Batches: one JSON object a line in, one a line out, in order. A bad line doesn't stop the rest."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rag.answer import Question, Turn
from rag.errors import ConfigError, RagError
from rag.filter import Filter

SOME_FAILED = 3


def run_batch(
    file: str, answer: Callable[[Any, Question], dict[str, Any]], filter: Filter | None = None
) -> int:
    """Answer each line of ``file`` ("-" is standard input) and print the records as they come.

    A line is ``{"id", "text", "history"?: [{"role", "content"}…], "filter"?: {…}}``, with a filter's fields
    (``rag.filter.Filter``); one without a filter has that of the call. A line that can't be read or answered
    gives ``{"id", "error"}``.

    Returns:
        The exit status: 0, or 3 when a line failed.

    Raises:
        ConfigError: the file can't be read.
    """
    failed = False
    lines = list(_read_lines(file))
    for line in tqdm(lines, desc="answering", unit="question", disable=None, file=sys.stderr):
        identifier: Any = None
        try:
            identifier, question = parse_line(line)
            record = answer(identifier, question if question.filter else replace(question, filter=filter))
        except _BadLine as error:
            record, failed = {"id": error.identifier, "error": str(error)}, True
        except RagError as error:
            record, failed = {"id": identifier, "error": str(error)}, True
        print(json.dumps(record, ensure_ascii=False), flush=True)
    return SOME_FAILED if failed else 0


class _BadLine(Exception):
    def __init__(self, message: str, identifier: Any = None) -> None:
        super().__init__(message)
        self.identifier = identifier


def parse_line(line: str) -> tuple[Any, Question]:
    """The id and the question of a batch line."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise _BadLine(f"the line isn't JSON: {error}") from error
    if not isinstance(record, dict):
        raise _BadLine('the line isn\'t an object; write {"id": …, "text": …}')
    identifier = record.get("id")
    text = record.get("text")
    if not isinstance(text, str):
        raise _BadLine("'text' is missing or isn't a string", identifier)
    history = record.get("history") or []
    if not isinstance(history, list):
        raise _BadLine("'history' isn't a list", identifier)
    turns = tuple(_turn(each, identifier) for each in history)
    return identifier, Question(text, turns, _filter(record.get("filter"), identifier))


def _filter(record: Any, identifier: Any) -> Filter | None:
    if record is None:
        return None
    if not isinstance(record, dict):
        raise _BadLine('\'filter\' isn\'t an object; write {"source": "hr/"}, say', identifier)
    try:
        return Filter.from_record(record)
    except ConfigError as error:
        raise _BadLine(str(error), identifier) from error


def _turn(record: Any, identifier: Any) -> Turn:
    if not isinstance(record, dict) or not isinstance(record.get("content"), str):
        raise _BadLine('a turn of \'history\' isn\'t {"role", "content"}', identifier)
    role = record.get("role")
    if role == "user":
        return Turn("user", record["content"])
    if role == "assistant":
        return Turn("assistant", record["content"])
    raise _BadLine(f"the role {role!r} in 'history' is neither 'user' nor 'assistant'", identifier)


def _read_lines(file: str) -> Iterator[str]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"can't read the batch file {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the batch file {file} isn't UTF-8 ({error}); save it as UTF-8") from error
    # Not splitlines(): it also cuts at characters such as U+2028, which JSON strings may contain.
    return (line for line in text.split("\n") if line.strip())
