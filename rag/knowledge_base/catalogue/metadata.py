"""Arbitrary LangChain metadata as JSON, with tuples kept apart from lists."""

import json
from typing import Any

_TUPLE = "__tuple__"


def encode_metadata(metadata: dict[str, Any]) -> str:
    """The metadata as JSON that ``decode_metadata`` turns back into an equal value.

    Raises:
        TypeError: it holds something other than None, booleans, numbers, strings, lists, tuples and
            dictionaries with string keys.
    """
    return json.dumps(_mark(metadata), ensure_ascii=False)


def decode_metadata(stored: str) -> dict[str, Any]:
    """The metadata that was encoded."""
    decoded: dict[str, Any] = json.loads(stored, object_hook=_unmark)
    return decoded


def _mark(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {_TUPLE: [_mark(each) for each in value]}
    if isinstance(value, list):
        return [_mark(each) for each in value]
    if isinstance(value, dict) and _TUPLE not in value and all(isinstance(key, str) for key in value):
        return {key: _mark(each) for key, each in value.items()}
    raise TypeError(f"metadata can't hold {value!r} ({type(value).__name__}): it isn't JSON")


def _unmark(value: dict[str, Any]) -> Any:
    return tuple(value[_TUPLE]) if value.keys() == {_TUPLE} else value
