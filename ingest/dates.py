"""A document's own date: what its metadata or its text says, as ISO 8601."""

import re
from collections.abc import Iterable
from datetime import date, datetime

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ],
        start=1,
    )
    for name in names.split()
}
_NUMERIC = (
    r"(?P<y>(?:19|20)\d\d)\s*(?:年|[-/.])\s*(?P<m>\d{1,2})\s*(?:月|[-/.])\s*(?P<d>\d{1,2})\s*(?:日|号)?(?!\d)"
)
_CHINESE = (
    r"(?P<cy>[二一][〇○零一二三四五六七八九]{3})年"
    r"(?P<cm>[一二三四五六七八九十]{1,2})月(?P<cd>[一二三四五六七八九十]{1,3})日"
)
_DAY_MONTH = r"(?P<d1>\d{1,2})(?:st|nd|rd|th)?\s+(?P<n1>[A-Za-z]{3,9})\.?,?\s+(?P<y1>(?:19|20)\d\d)"
_MONTH_DAY = r"(?P<n2>[A-Za-z]{3,9})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>(?:19|20)\d\d)"
_DATE = re.compile(rf"(?:{_NUMERIC}|{_CHINESE}|{_DAY_MONTH}|{_MONTH_DAY})")
_LABEL = re.compile(
    r"^[\s*_>#|-]*(?:(?:发布|發布|公布|发文|颁布|修订|修訂|更新|最后更新|生效|实施|制定|编制|签发|成文|印发)"
    r"(?:日期|时间|時間|日)?|日期|"
    r"(?:(?:[a-z]{3,12} )?date(?: issued| published| of [a-z]{3,12})?(?:\s*\([^)]{0,50}\))?|"
    r"(?:published|issued|(?:last )?(?:updated|revised|modified))(?: on)?|effective(?: date| from)?|as of))"
    r"[*_\s]*[:：|]?[*_\s]*",
    re.IGNORECASE,
)
_HEAD_LINES = 25
_TAIL_LINES = 5
_LABELLED_LINE = 100  # characters
_LONE_LINES = 4


def parse_date(text: str) -> str:
    """The first full date in the text as ``YYYY-MM-DD``, or "" if there is none.

    Understands 2024-03-01, 2024/3/1, 2024年3月1日, 二〇二四年三月一日, 1 March 2024 and March 1, 2024.
    """
    for match in _DATE.finditer(text):
        found = _from_match(match)
        if found:
            return found
    return ""


def iso_date(value: object) -> str:
    """A library's date value or a metadata string as ISO 8601, or "" if it isn't a date."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "").strip()
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds") if "T" in text else parse_date(text)
    except ValueError:
        return parse_date(text)


def date_in_text(text: str) -> str:
    """The date a document gives itself near its head or its end, or "".

    A labelled one (``发布日期：2024-03-01``, ``Effective: 1 March 2024``), else one alone on a line, as a
    notice closes with. Where there are several, the latest, which is the version's.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    near = lines[:_HEAD_LINES] + lines[max(_HEAD_LINES, len(lines) - _TAIL_LINES) :]
    labelled = max(map(_labelled_date, near), default="")
    return labelled or max(map(_lone_date, lines[:_LONE_LINES] + lines[-_LONE_LINES:]), default="")


def first_date(values: Iterable[object]) -> str:
    """The first of the values that is a date."""
    return next(filter(None, map(iso_date, values)), "")


def _labelled_date(line: str) -> str:
    label = _LABEL.match(line[:_LABELLED_LINE])
    match = _DATE.match(line[label.end() :].lstrip("(（[")) if label else None
    return _from_match(match) if match else ""


def _lone_date(line: str) -> str:
    match = _DATE.fullmatch(line.strip("()（）[] "))
    return _from_match(match) if match else ""


def _from_match(match: re.Match[str]) -> str:
    part = match.groupdict()
    try:
        if part["y"]:
            return date(int(part["y"]), int(part["m"]), int(part["d"])).isoformat()
        if part["cy"]:
            year = int("".join(str(_chinese_number(digit)) for digit in part["cy"]))
            return date(year, _chinese_number(part["cm"]), _chinese_number(part["cd"])).isoformat()
        for number in "12":
            if part[f"y{number}"]:
                month = _MONTHS[part[f"n{number}"].lower()]
                return date(int(part[f"y{number}"]), month, int(part[f"d{number}"])).isoformat()
    except (ValueError, KeyError):
        pass
    return ""


def _chinese_number(text: str) -> int:
    """一 … 三十一, and 〇."""
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_chinese_number(tens) if tens else 1) * 10 + (_chinese_number(ones) if ones else 0)
    return "〇一二三四五六七八九".index(text.replace("○", "〇").replace("零", "〇"))
