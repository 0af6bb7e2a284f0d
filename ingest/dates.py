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
# What a document calls the date it was last changed, else published, else the one it is in force from.
_LABELS = tuple(
    re.compile(rf"(?:{words})[*_\s]*[:：|]?[*_\s(（\[]*(?={_DATE.pattern})", re.IGNORECASE)
    for words in (
        r"(?:更新|修订|修訂)(?:日期|时间|時間|日)?|\b(?:last )?(?:updated|revised|modified)(?: on)?",
        r"(?:(?:发布|發布|公布|发文|颁布|签发|成文|印发|编制)(?:日期|时间|時間|日)?|(?<![\u4e00-\u9fff])日期)"
        r"|\b(?:published|issued|dated)(?: on)?"
        r"|(?:^|\b[a-z]{3,12} )date(?: issued| published| of [a-z]{3,12})?(?:\s*\([^)]{0,50}\))?",
        r"(?:生效|实施|施行|执行)(?:日期|时间|時間|日)?|\b(?:effective(?: date| from)?|in force from|as of)",
    )
)
_IN_FORCE = re.compile(rf"{_DATE.pattern}起\s*(?:正式)?(?:生效|执行|施行|实施)")
_MONTH = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*年\s*(?P<m>\d{1,2})\s*月(?!\s*\d)"
    r"|(?<!\d )(?P<n>[A-Za-z]{3,9})\.?,?\s+(?P<y1>(?:19|20)\d\d)\b"
)
_MONTH_LINES = 6  # from the head on
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

    A labelled one (``发布日期：2024-03-01``, ``Effective: 1 March 2024``; that of the last change before that
    of publication), else one alone on a line, as a notice closes with; the latest where there are several.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    near = lines[:_HEAD_LINES] + lines[max(_HEAD_LINES, len(lines) - _TAIL_LINES) :]
    for label in _LABELS:
        if found := _labelled_date(label, near):
            return found
    for line in near:
        if match := _IN_FORCE.search(line):
            return _from_match(match)
    return max(map(_lone_date, lines[:_LONE_LINES] + lines[-_LONE_LINES:]), default="")


def month_in_text(text: str) -> str:
    """The month a document names in its first lines as ``YYYY-MM``, or "".

    Manuals do: "2025年9月第5版", "Revision C, October 2025".
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:_MONTH_LINES]:
        for match in _MONTH.finditer(line[:_LABELLED_LINE]):
            month = int(match["m"]) if match["m"] else _MONTHS.get(match["n"].lower(), 0)
            if 1 <= month <= 12:
                return f"{match['y'] or match['y1']}-{month:02}"
    return ""


def first_date(values: Iterable[object]) -> str:
    """The first of the values that is a date."""
    return next(filter(None, map(iso_date, values)), "")


def _labelled_date(label: re.Pattern[str], lines: Iterable[str]) -> str:
    """The latest date behind a label. One that doesn't begin its line must end in a colon, "on" or "from"."""
    found = []
    for line in lines:
        for match in label.finditer(line[:_LABELLED_LINE]):
            begins = not line[: match.start()].strip("*_>#|- \t")
            if begins or match.group().rstrip("*_ \t(（[").lower().endswith((":", "：", "|", " on", " from")):
                date_match = _DATE.match(line, match.end())
                found.append(_from_match(date_match) if date_match else "")
    return max(found, default="")


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
