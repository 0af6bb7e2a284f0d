"""Numerals in words, Chinese and English, as digits.

What isn't a whole well-formed number stays as it is: 千万 and 万一 are words, 三四天 is three or four days.
So do those that digits would confuse: 两月 (two months) and 二月 (February), 二次 (again) and 两次 (twice),
一点 (a bit) and 1点 (one o'clock), "twenty one-day passes".
"""

import re
from decimal import Decimal

_DIGITS = {each: value for value, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"千": 1000, "百": 100, "十": 10}
_RUN = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_PERCENT = re.compile(r"百分之([零〇一二两三四五六七八九十百]+|\d+(?:\.\d+)?)")
_COUNTED = re.compile(r"个|次|天|年|周|星期|小时|分钟|人|倍|种|条|台|份|张|元|块|名|位|件|套")  # after 两
_LARGE = re.compile(r"(?<![a-z\d.,])(\d+(?:\.\d+)?)([万亿])(?!\d)")

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = (
    {word: value for value, word in enumerate(_ONES, start=1)}
    | {word: value for value, word in enumerate((*_TEENS, "nineteen"), start=10)}
    | dict(zip(_TENS, range(20, 100, 10), strict=True))
)
_SPAN = "minute|hour|day|night|week|month|year|page|person|way"
_ONE = rf"(?:{'|'.join(_ONES)})"
_AFTER_TENS = rf"(?: ?- ?{_ONE}| {_ONE}(?! (?:{_SPAN})\b))"
_SMALL = rf"(?:(?:{'|'.join(_TENS)}){_AFTER_TENS}?|{'|'.join((*_TEENS, 'nineteen', *_ONES))})"
_BELOW = rf"(?:{_ONE} hundred(?: (?:and )?{_SMALL})?|{_SMALL})"
_ENGLISH = re.compile(rf"\b(?:{_BELOW} thousand(?: (?:and )?{_BELOW})?|{_BELOW})\b")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")


def with_digits(folded: str) -> str:
    """The folded text with its numerals in digits: 三百 is 300, 3万 is 30000, 百分之五 5 %, "third" 3rd."""
    text = _PERCENT.sub(_percentage, folded)
    text = _RUN.sub(_chinese, text)
    text = _LARGE.sub(_large, text)
    text = _ENGLISH.sub(lambda match: str(_english(match.group())), text)
    return _ORDINAL.sub(lambda match: _ordinal(_ORDINALS.index(match.group()) + 1), text)


def _percentage(match: re.Match[str]) -> str:
    value = match[1] if match[1].isascii() else _number(match[1])
    return match.group() if value is None else f"{value} %"


def _chinese(match: re.Match[str]) -> str:
    run, after = match.group(), match.string[match.end() :]
    if run.endswith("两") and not _COUNTED.match(after):
        return run
    if run == "一" and re.match("[日点时度]|月(?!份)", after):
        return run
    if run == "二" and _COUNTED.match(after) and not match.string[: match.start()].endswith("第"):
        return run
    if len(run) == 4 and after.startswith("年") and all(each in _DIGITS for each in run):
        return "".join(str(_DIGITS[each]) for each in run)
    value = _number(run)
    return run if value is None else str(value)


def _number(run: str) -> int | None:
    """The value of a whole Chinese numeral; None if it isn't one, or a colloquial one (一百五)."""
    total, rest = 0, run
    for sign, unit in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = rest.partition(sign)
        if not found:
            continue
        value = _section(head)
        if not value:
            return None
        total, rest = total + value * unit, tail
        small = _section(rest)
        if rest and small is not None and small < unit // 10 and rest[0] not in "零〇":
            return None
    if not rest:
        return total
    last = _section(rest)
    return None if last is None else total + last


def _section(run: str) -> int | None:
    """The value of a numeral below ten thousand."""
    total, digit, zero, least = 0, None, False, 10_000
    for place, each in enumerate(run):
        if each in "零〇":
            if digit is not None or (zero and place):
                return None
            zero = True
        elif each in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[each]
        elif each in _UNITS and _UNITS[each] < least and (digit is not None or (each == "十" and not place)):
            least = _UNITS[each]
            total, digit, zero = total + (digit or 1) * least, None, False
        else:
            return None
    if digit is not None and least not in (10, 10_000) and not zero:
        return None
    return total + (digit or 0)


def _large(match: re.Match[str]) -> str:
    value = Decimal(match[1]) * (10**4 if match[2] == "万" else 10**8)
    return f"{value.normalize():f}"


def _english(words: str) -> int:
    total = value = 0
    for word in re.split(r"[ -]+", words):
        if word == "thousand":
            total, value = value * 1000, 0
        elif word == "hundred":
            value *= 100
        elif word != "and":
            value += _WORDS[word]
    return total + value


def _ordinal(number: int) -> str:
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number, "th")
