"""A filter as a condition on the catalogue's rows."""

import re
from typing import Any

from rag.filter import Filter

# A document that a program stored is cited by the source that its metadata names.
_SOURCE = (
    "CASE WHEN d.parser = 'langchain' THEN coalesce((SELECT nullif(json_extract(o.metadata, '$.source'), '') "
    "FROM passages o WHERE o.document = d.key AND o.ordinal = 0), d.source) ELSE d.source END"
)


def condition_of(filter: Filter | None) -> tuple[str, dict[str, Any]]:
    """The filter as SQL that may follow a WHERE clause, and its parameters.

    The names ``d`` and ``p`` stand for ``documents`` and ``passages``; ``regexp`` is ours. A document whose
    date names only a month or a year passes if any day of it does.
    """
    if filter is None or filter.is_empty:
        return "", {}
    parts: list[str] = []
    values: dict[str, Any] = {}

    def bind(value: object) -> str:
        name = f"f{len(values)}"
        values[name] = value
        return f":{name}"

    parts.extend(f"{_SOURCE} REGEXP {bind(pattern)}" for pattern in filter.source_patterns)
    if filter.exclude_pattern is not None:
        parts.append(f"NOT ({_SOURCE} REGEXP {bind(filter.exclude_pattern)})")
    if filter.root:
        names = ", ".join(bind(each) for each in filter.root)
        parts.append(f"d.root IN (SELECT id FROM roots WHERE path IN ({names}))")
    for given, order in ((filter.since, ">="), (filter.until, "<=")):
        if given:
            bound, length = bind(given), len(given)
            parts.append(
                f"d.modified <> '' AND substr(d.modified, 1, {length}) {order} "
                f"substr({bound}, 1, length(d.modified))"
            )
    if filter.lang:
        parts.append(f"p.lang IN ({', '.join(bind(each) for each in filter.lang)})")
    if filter.pages:
        first, last = filter.page_range
        parts.append(f"p.page >= {bind(first)}")
        if last is not None:
            parts.append(f"p.page <= {bind(last)}")
    return "".join(f" AND {part}" for part in parts), values


def matches(pattern: str, text: object) -> bool:
    """SQLite's ``text REGEXP pattern``: whether the pattern matches the whole text."""
    return re.fullmatch(pattern, str(text)) is not None
