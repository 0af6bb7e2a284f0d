"""A filter in words, as the page says it."""

from rag.filter import Filter

LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
# In English and in Chinese.
_WITHOUT = ("without {value}", "不含 {value}")
_SINCE = ("from {value}", "{value} 起")
_UNTIL = ("until {value}", "{value} 止")
_PAGES = ("page {value}", "第 {value} 页")


def filter_text(filter: Filter, language: str) -> str:
    """A filter in Chinese ("zh") or else in English: ``hr/, notices/ · PDF · from 2025-01-01``."""
    chinese = language == "zh"
    separator = "、" if chinese else ", "
    left_out = separator.join(map(_unescaped, filter.exclude))
    phrased = ((_WITHOUT, left_out), (_SINCE, filter.since), (_UNTIL, filter.until), (_PAGES, filter.pages))
    parts = [
        separator.join(filter.root),
        separator.join(map(_unescaped, filter.source)),
        separator.join(each.upper() for each in filter.type),
        separator.join(map(language_name, filter.lang)),
        *(phrases[chinese].format(value=value) for phrases, value in phrased if value),
    ]
    return " · ".join(part for part in parts if part)


def language_name(code: str) -> str:
    """A language's own name where it is known, else its code."""
    return LANGUAGE_NAMES.get(code, code)


def _unescaped(pattern: str) -> str:
    """A path as it is, without the brackets of ``glob.escape``."""
    for character in "*?[":
        pattern = pattern.replace(f"[{character}]", character)
    return pattern
