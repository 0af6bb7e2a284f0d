"""Values of spreadsheet cells as people see them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|[_*].|\[[^\]]*\]')
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.([#0?]*))?")
_LONGEST_NUMBER = 15  # digits after which a plain number is written with an exponent


def cell_text(value: object, number_format: str | None = None) -> str:
    """A cell's value as text: dates in ISO 8601, numbers as the format shows them, "" if there is none.

    Of a format its decimals, thousands separators, percent sign, exponent and fixed text are followed;
    fractions and conditions are not, such a number is written plainly.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format or "General")
    if isinstance(value, datetime):
        rounded = value + timedelta(microseconds=500_000)  # binary fractions
        if rounded.time().replace(microsecond=0) == time():
            return rounded.date().isoformat()
        return rounded.replace(microsecond=0).isoformat(sep=" ").removesuffix(":00")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat().removesuffix(":00")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
    return str(value)


def plain_number(value: int | float) -> str:
    """A number without the noise of binary fractions: 0.1 + 0.2 is "0.3"."""
    if isinstance(value, int) or value.is_integer():
        whole = str(int(value)) if abs(value) < 10**_LONGEST_NUMBER or isinstance(value, int) else ""
        if whole:
            return whole
    shown = f"{value:.15g}"
    if "e" not in shown:
        return shown
    small = f"{Decimal(shown):f}"
    return small if len(small) <= _LONGEST_NUMBER + 3 else shown


def _number(value: int | float, number_format: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    sections = _sections(number_format)
    section = sections[0]
    if len(sections) > 1 and value < 0:
        section, value = sections[1], -value
    elif len(sections) > 2 and value == 0:
        section = sections[2]
    bare = _LITERAL.sub(lambda match: " " * len(match.group()), section)
    digits = _DIGITS.search(bare)
    if digits is None or "/" in bare or "General" in bare or "E+" in bare or "E-" in bare:
        return plain_number(value if section == sections[0] else -value)
    percents = bare.count("%")
    decimals = digits.group(1) or ""
    exact = Decimal(f"{value:.15g}" if isinstance(value, float) else value) * 100**percents
    trailing = re.search(r",+$", digits.group().split(".")[0])
    if trailing and not digits.group(1):  # "0,": shown in thousands; what is meant is the whole number
        return plain_number(value)
    try:
        rounded = exact.quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    except InvalidOperation:  # more digits than Decimal's context has
        return plain_number(value)
    shown = f"{rounded:{',' if ',' in digits.group() else ''}f}"
    if "." in shown:
        optional = len(decimals) - len(decimals.rstrip("#?"))
        kept = shown.rstrip("0")
        shown = shown[: max(len(kept), len(shown) - optional)].rstrip(".")
    return (_literals(section[: digits.start()]) + shown + _literals(section[digits.end() :])).strip()


def _sections(number_format: str) -> list[str]:
    """The parts of a format for positive and negative numbers and for zero, which semicolons separate."""
    parts, quoted = [""], False
    for character in number_format:
        quoted ^= character == '"'
        if character == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _literals(part: str) -> str:
    """What a format shows beside the digits: fixed text and signs."""
    text, end = "", 0
    for match in _LITERAL.finditer(part):
        text += re.sub(r"[#0?,@]", "", part[end : match.start()])
        text += next(filter(None, match.groups()), "")
        end = match.end()
    return text + re.sub(r"[#0?,@]", "", part[end:])
