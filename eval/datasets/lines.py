"""Reading JSON and JSONL so that whatever is wrong is named with its file, line and cause."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.errors import EvalError


def read_text(file: Path) -> str:
    """The whole file.

    Raises:
        EvalError: it can't be read, or isn't UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvalError(f"can't read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EvalError(
            f"can't read {file}: it isn't UTF-8 ({error.reason} at byte {error.start})"
        ) from error


def read_json(file: Path) -> Any:
    """The file's one JSON value.

    Raises:
        EvalError: it can't be read or isn't JSON.
    """
    try:
        return json.loads(read_text(file))
    except json.JSONDecodeError as error:
        raise EvalError(f"{file}, line {error.lineno} isn't JSON: {error.msg}") from error


def read_objects(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSONL file, each with its place ("FILE, line N"). Empty lines are passed over.

    Raises:
        EvalError: the file can't be read, or a line isn't a JSON object.
    """
    # Not splitlines: a text may hold other line separators, such as U+2028, unescaped.
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{file}, line {number}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise EvalError(f"{place} isn't JSON: {error.msg}") from error
        if not isinstance(record, dict):
            raise EvalError(f"{place} isn't an object but {type(record).__name__}")
        yield place, record


def text_of(record: Mapping[str, Any], key: str, place: str, default: str | None = None) -> str:
    """The string under a key; a number becomes one, since ids are often written so.

    Raises:
        EvalError: there is none (and no default), or it is of another kind.
    """
    value = record.get(key, default)
    if value is None:
        if key not in record:
            raise EvalError(f'{place} has no "{key}"')
        value = default if default is not None else value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise EvalError(f'{place}: "{key}" is not text but {value!r}')
    return str(value)


def texts_of(record: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    """The strings under a key, () where there are none; repetitions are left out.

    Raises:
        EvalError: it is something else than a list of strings.
    """
    value = record.get(key) or []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise EvalError(f'{place}: "{key}" is not a list but {value!r}')
    if wrong := [each for each in value if not isinstance(each, str)]:
        raise EvalError(f'{place}: "{key}" holds {wrong[0]!r}, which isn\'t text')
    return tuple(dict.fromkeys(value))


def flag_of(record: Mapping[str, Any], key: str, place: str, default: bool = True) -> bool:
    """The truth value under a key.

    Raises:
        EvalError: it is neither true nor false; "false" in quotation marks would otherwise count as true.
    """
    value = record.get(key, default)
    if not isinstance(value, bool):
        raise EvalError(f'{place}: "{key}" is neither true nor false but {value!r}')
    return value


def id_key(record: Mapping[str, Any]) -> str:
    """The key that holds the id: BEIR's own files write ``_id``."""
    return "_id" if "_id" in record and "id" not in record else "id"


def unique_id(seen: set[str], each: str, place: str) -> str:
    """The id, remembered in ``seen``.

    Raises:
        EvalError: it was there before.
    """
    if each in seen:
        raise EvalError(f"{place}: the id {each} was there before")
    seen.add(each)
    return each
