"""Batches: one JSON object a line in, one a line out, in order. A bad line doesn't stop the rest."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from tqdm import tqdm

from rag.answer import Question, Turn
from rag.errors import ConfigError, RagError
from rag.filter import Filter

SOME_FAILED = 3


class _Line(BaseModel):
    text: str
    history: tuple[Turn, ...] | None = None
    filter: dict[str, Any] | None = None  # `Filter.from_record` reads it


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
            given = json.loads(line)
            if not isinstance(given, dict):
                raise ConfigError('the line isn\'t an object; write {"id": …, "text": …}')
            identifier = given.get("id")
            record = answer(identifier, _question(given, filter))
        except json.JSONDecodeError as error:
            record, failed = {"id": None, "error": f"the line isn't JSON: {error}"}, True
        except RagError as error:
            record, failed = {"id": identifier, "error": str(error)}, True
        print(json.dumps(record, ensure_ascii=False), flush=True)
    return SOME_FAILED if failed else 0


def _question(given: dict[str, Any], filter: Filter | None) -> Question:
    try:
        line = _Line.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}; write"
            ' "text": "…", "history": [{"role": "user", "content": "…"}, …], "filter": {"source": "hr/"}'
        ) from error
    own = filter if line.filter is None else Filter.from_record(line.filter)
    return Question(line.text, line.history or (), own)


def _read_lines(file: str) -> Iterator[str]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"can't read the batch file {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the batch file {file} isn't UTF-8 ({error}); save it as UTF-8") from error
    # Not splitlines(): it also cuts at characters such as U+2028, which JSON strings may contain.
    return (line for line in text.split("\n") if line.strip())
