"""JSON and JSON Lines: records become table rows or sections, everything else ``path: value`` lines.

Numbers stay as they are written. Nothing here recurses, however deeply a file is nested.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import first_date
from ingest.parsers.base import DocumentParser, UnreadableFile, file_name
from ingest.parsers.blocks import file_facts
from ingest.parsers.encoding import decode
from ingest.parsers.json_blocks import TITLE_KEYS, is_plain, value_blocks

logger = logging.getLogger(__name__)

_LINE_SUFFIXES = (".jsonl", ".ndjson")
_NAMED = 20  # so many bad lines are named, more are counted
_DATES = ("modified", "updated", "updated_at", "last_modified", "date", "published")


class JsonParser(DocumentParser):
    """Reads ``.json``, ``.jsonl`` and ``.ndjson`` files."""

    name = "json"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        text, encoding = decode(blob.as_bytes())
        repeated: set[str] = set()
        decoder = json.JSONDecoder(
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=lambda pairs: _object(pairs, repeated),
        )
        by_lines = file_name(blob).lower().endswith(_LINE_SUFFIXES)
        value = _read_lines(text, decoder) if by_lines else _read_whole(text, decoder)
        if repeated:
            named = ", ".join(sorted(repeated)[:_NAMED])
            logger.warning("keys stand twice in one object, and only their last value is read: %s", named)
        title = _own(value, TITLE_KEYS)
        modified = first_date([_own(value, _DATES)])
        return file_facts(title=title, modified=modified, encoding=encoding), list(value_blocks(value))


def _object(pairs: list[tuple[str, Any]], repeated: set[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        repeated.update(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return found


def _read_whole(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return _decode(text, decoder)
    except json.JSONDecodeError as error:
        first, _, rest = text.strip().partition("\n")
        if error.msg == "Extra data" and rest.strip() and _is_record(first, decoder):
            logger.warning("it isn't one JSON value, and was read as one value a line")
            return _read_lines(text, decoder)
        raise UnreadableFile(
            f"it isn't valid JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error


def _read_lines(text: str, decoder: json.JSONDecoder) -> list[Any]:
    """The values of the lines. Lines that are no JSON are named in one warning.

    Raises:
        UnreadableFile: no line is JSON.
    """
    values: list[Any] = []
    bad: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: a string may hold U+2028
        if not line.strip():
            continue
        try:
            values.append(_decode(line, decoder))
        except (json.JSONDecodeError, UnreadableFile) as error:
            column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            bad.append(f"{number}{column}")
    if bad and not values:
        raise UnreadableFile(f"no line of it is valid JSON; the first bad one is line {bad[0]}")
    if bad:
        named = "; ".join(bad[:_NAMED]) + (f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else "")
        logger.warning("%d lines are not valid JSON and are left out: line %s", len(bad), named)
    return values


def _decode(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError as error:
        raise UnreadableFile("it is nested too deeply to be read") from error


def _is_record(line: str, decoder: json.JSONDecoder) -> bool:
    try:
        return isinstance(_decode(line, decoder), dict | list)
    except (json.JSONDecodeError, UnreadableFile):
        return False


def _own(value: Any, keys: Iterable[str]) -> str:
    """What an object says under the first of the keys that it has."""
    if not isinstance(value, dict):
        return ""
    lowered = {key.lower(): each for key, each in value.items() if is_plain(each)}
    return next((str(lowered[key]) for key in keys if lowered.get(key)), "")
