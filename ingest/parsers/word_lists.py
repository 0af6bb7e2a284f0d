"""The numbers and bullets of Word lists, which a .docx file doesn't hold as text but as counters.

Follows ECMA-376 part 1, 17.9 (numbering): a paragraph names a numbering instance and a level; the instance
names an abstract numbering whose levels say how to count and how to write it ("%1.%2", "第%1条").
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

_CHINESE_DIGITS = "零一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_ONES = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class _Level(NamedTuple):
    start: int
    format: str
    text: str


class ListLabels:
    """Counts a document's lists. Ask for each paragraph's label once, in document order."""

    def __init__(self, document: WordDocument) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._styles = _style_numbering(document)
        self._counters: dict[str, dict[int, int]] = defaultdict(dict)
        self._abstract: dict[str, str] = {}
        try:
            numbering = document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # the document has no lists
            return
        abstract = {each.get(qn("w:abstractNumId")): each for each in numbering.iter(qn("w:abstractNum"))}
        for instance in numbering.iter(qn("w:num")):
            reference = instance.find(qn("w:abstractNumId"))
            identifier = str(reference.get(qn("w:val"))) if reference is not None else ""
            if identifier in abstract:
                number = instance.get(qn("w:numId"))
                self._abstract[number] = identifier
                self._levels[number] = _levels(abstract[identifier])

    def next_label(self, paragraph: Any) -> str:
        """The label before a paragraph: "3.", "第三条", "-" for a bullet, "" if it isn't in a list."""
        number, depth = self._numbering(paragraph)
        level = self._levels.get(number, {}).get(depth)
        if level is None:
            return ""
        if level.format == "bullet":
            return "-"
        if level.format == "none":
            return ""
        counters = self._counters[self._abstract[number]]
        counters[depth] = counters.get(depth, level.start - 1) + 1
        for deeper in [each for each in counters if each > depth]:
            del counters[deeper]
        label = level.text
        for each, shape in self._levels[number].items():
            value = counters.get(each, shape.start)
            label = label.replace(f"%{each + 1}", write_number(value, shape.format))
        return label.strip()

    def _numbering(self, paragraph: Any) -> tuple[str, int]:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return "", 0
        style = properties.find(qn("w:pStyle"))
        number, depth = self._styles.get(style.get(qn("w:val")), ("", 0)) if style is not None else ("", 0)
        own = properties.find(qn("w:numPr"))
        if own is not None:
            number, depth = _read_numbering(own, number, depth)
        return number, depth


def write_number(value: int, format_name: str) -> str:
    """A counter's value as one of the formats of ECMA-376 17.18.59 writes it; unknown ones as digits."""
    writers: dict[str, Callable[[int], str]] = {
        "lowerLetter": lambda number: _letter(number).lower(),
        "upperLetter": _letter,
        "lowerRoman": _roman,
        "upperRoman": lambda number: _roman(number).upper(),
        "chineseCounting": _chinese,
        "chineseCountingThousand": _chinese,
        "taiwaneseCountingThousand": _chinese,
        "japaneseCounting": _chinese,
        "ideographDigital": _chinese,
        "decimalEnclosedCircle": lambda number: chr(0x245F + number) if 1 <= number <= 20 else f"({number})",
        "decimalEnclosedCircleChinese": lambda number: (
            chr(0x245F + number) if 1 <= number <= 20 else f"({number})"
        ),
        "decimalZero": lambda number: f"{number:02d}",
    }
    return writers.get(format_name, str)(value)


def _levels(abstract: Any) -> dict[int, _Level]:
    found = {}
    for level in abstract.iter(qn("w:lvl")):
        values = {
            name: child.get(qn("w:val")) if (child := level.find(qn(f"w:{name}"))) is not None else None
            for name in ("start", "numFmt", "lvlText")
        }
        start = values["start"] or "1"
        found[int(level.get(qn("w:ilvl")))] = _Level(
            int(start) if start.isdigit() else 1, values["numFmt"] or "decimal", values["lvlText"] or ""
        )
    return found


def _style_numbering(document: WordDocument) -> dict[str, tuple[str, int]]:
    numbering = {}
    for style in document.styles.element.iter(qn("w:style")):
        properties = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if properties is not None:
            numbering[style.get(qn("w:styleId"))] = _read_numbering(properties, "", 0)
    return numbering


def _read_numbering(properties: Any, number: str, depth: int) -> tuple[str, int]:
    identifier = properties.find(qn("w:numId"))
    level = properties.find(qn("w:ilvl"))
    if identifier is not None:
        number = identifier.get(qn("w:val")) or ""
    if level is not None and (level.get(qn("w:val")) or "").isdigit():
        depth = int(level.get(qn("w:val")))
    return number, depth


def _letter(number: int) -> str:
    return chr(ord("A") + (number - 1) % 26) * (1 + (number - 1) // 26) if number > 0 else "0"


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    written = ""
    for value, letters in _ROMAN + _ROMAN_ONES:
        written += letters * (number // value)
        number %= value
    return written


def _chinese(number: int) -> str:
    if not 0 < number < 1000:
        return str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    written = f"{_CHINESE_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        written += ("" if tens == 1 and not hundreds else _CHINESE_DIGITS[tens]) + "十"
    elif hundreds and ones:
        written += "零"
    return written + (_CHINESE_DIGITS[ones] if ones else "")
