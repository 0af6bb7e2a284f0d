"""JSON values to blocks.

Records of a list are a table's rows; those with long texts or lists of objects are sections, named by their
title if they have one. In a section short values stand as ``path: value`` lines, long texts as prose.
Headings are the keys on the way to a value.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.documents import Document

from ingest.normalization import normalize, normalize_line
from ingest.parsers.blocks import LINE, PARAGRAPH, block
from ingest.parsers.faq_tables import pair_columns, pair_table
from ingest.parsers.tables import data_blocks

TITLE_KEYS = ("title", "标题", "標題", "name", "名称", "名稱", "subject", "heading")
_LONGEST_VALUE = 200  # characters of a value on a line, or in a cell
_MOST_COLUMNS = 60
_MOST_LINES = 12  # of an object within another, which is a section of its own if it has more
_DEEPEST_ROW = 3
_DEEPEST_HEADINGS = 6
_Path = tuple[str, ...]


def value_blocks(value: Any) -> Iterator[Document]:
    """The blocks of a JSON value (numbers as strings)."""
    stack: list[tuple[Any, _Path, _Path]] = [(value, (), ())]
    while stack:
        each, heading, path = stack.pop()
        if heading and not path and each:
            yield block("heading", heading[-1], heading=heading, level=len(heading))
        if is_plain(each):
            yield from _line(each, heading, path)
        elif isinstance(each, dict):
            yield from _object(each, heading, path, stack)
        else:
            yield from _list(each, heading, path, stack)


def is_plain(value: Any) -> bool:
    """Whether it is a value without values in it."""
    return not isinstance(value, dict | list)


def plain_text(value: Any) -> str:
    """A plain value as text; nothing for null."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


_Stack = list[tuple[Any, _Path, _Path]]


def _object(value: dict[str, Any], heading: _Path, path: _Path, stack: _Stack) -> Iterator[Document]:
    if pair := _pair([value]):
        yield from pair_table(*pair, heading=heading)
        return
    first = True
    inner: list[tuple[Any, str]] = []
    for key, each in value.items():
        lines = _flattened({key: each})
        if lines is None or len(lines) > _MOST_LINES:
            inner.append((each, key))
            continue
        for name, plain in lines.items():
            for made in _line(plain, heading, (*path, name)):
                short = made.metadata["kind"] == "list"
                made.metadata["separator"] = LINE if short and not first else PARAGRAPH
                first = not short
                yield made
    stack.extend((each, *_below(heading, path, key)) for each, key in reversed(inner))


def _list(values: list[Any], heading: _Path, path: _Path, stack: _Stack) -> Iterator[Document]:
    if pair := _pair(values):
        yield from pair_table(*pair, heading=_headed(heading, path))
    elif records := _flat_records(values):
        names = _names(records)
        rows = [[normalize_line(_cell(each.get(name))) for name in names] for each in records]
        yield from data_blocks([names, *rows], heading=_headed(heading, path), header_rows=1)
    elif values and all(isinstance(each, list) and all(map(_is_short, each)) for each in values):
        yield from data_blocks(
            [[_cell(cell) for cell in row] for row in values], heading=_headed(heading, path)
        )
    elif all(map(is_plain, values)):
        for each in values:
            yield from _line(each, _headed(heading, path), ())
    else:
        stack.extend(
            (each, *_below(heading, path, _title(each) or str(number)))
            for number, each in reversed(list(enumerate(values, 1)))
        )


def _line(value: Any, heading: _Path, path: _Path) -> Iterator[Document]:
    """A short value on a line behind its path, a long text as prose below it."""
    text = normalize("; ".join(map(plain_text, value)) if isinstance(value, list) else plain_text(value))
    if not text:
        return
    if len(text) > _LONGEST_VALUE or "\n" in text:
        yield block("prose", text, heading=_headed(heading, path))
    else:
        name = normalize_line(".".join(path))
        yield block("list", f"{name}: {text}" if name else text, heading=heading)


def _below(heading: _Path, path: _Path, key: str) -> tuple[_Path, _Path]:
    """The heading and the rest of the path of what stands under a key."""
    if len(heading) < _DEEPEST_HEADINGS:
        return _headed(heading, (*path, key)), ()
    return heading, (*path[-_DEEPEST_HEADINGS:], key)


def _headed(heading: _Path, path: _Path) -> _Path:
    name = normalize_line(".".join(path))
    return (*heading, name) if name else heading


def _pair(values: Sequence[Any]) -> tuple[list[list[str]], Any, list[str]] | None:
    """Rows, columns and names of records that are questions and answers, or None."""
    records = [each for each in values if isinstance(each, dict)]
    if not records or len(records) < len(values):
        return None
    names = _names(records)
    columns = pair_columns(names)
    if columns is None or not all(
        is_plain(each) or (isinstance(each, list) and all(map(is_plain, each)))
        for record in records
        for each in record.values()
    ):
        return None
    return [[_cell(each.get(name), "\n") for name in names] for each in records], columns, names


def _flat_records(values: Sequence[Any]) -> list[dict[str, Any]]:
    """The values as rows of short values by name, or nothing if one of them doesn't fit in a row."""
    if len(values) < 2:
        return []
    records = []
    for value in values:
        record = _flattened(value) if isinstance(value, dict) else None
        if record is None or not all(_is_short(each) or _is_short_list(each) for each in record.values()):
            return []
        records.append(record)
    return records if 0 < len(_names(records)) <= _MOST_COLUMNS else []


def _flattened(value: dict[str, Any], depth: int = 0) -> dict[str, Any] | None:
    """An object's plain values and short lists by their paths, or None if there are others in it."""
    flat: dict[str, Any] = {}
    for key, each in value.items():
        if is_plain(each) or _is_short_list(each):
            made = {key: each}
        elif isinstance(each, dict) and depth < _DEEPEST_ROW:
            inner = _flattened(each, depth + 1)
            if inner is None:
                return None
            made = {f"{key}.{name}": inmost for name, inmost in inner.items()}
        else:
            return None
        if not flat.keys().isdisjoint(made):  # {"a.b": 1, "a": {"b": 2}}
            return None
        flat |= made
    return flat


def _names(records: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for each in records for key in each))


def _cell(value: Any, between: str = "; ") -> str:
    return between.join(map(plain_text, value)) if isinstance(value, list) else plain_text(value)


def _is_short(value: Any) -> bool:
    return is_plain(value) and len(plain_text(value)) <= _LONGEST_VALUE and "\n" not in plain_text(value)


def _is_short_list(value: Any) -> bool:
    if not isinstance(value, list) or not all(map(_is_short, value)):
        return False
    return sum(len(plain_text(each)) for each in value) <= _LONGEST_VALUE


def _title(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    lowered = {key.lower(): each for key, each in value.items() if _is_short(each)}
    return next((plain_text(lowered[key]) for key in TITLE_KEYS if lowered.get(key)), "")
