"""How much of a text is garbled: characters that stand for nothing, or for other ones than on the page."""

import re
import unicodedata
from collections.abc import Iterable

from ingest.parsers.encoding import plausibility

GARBLED = 0.1  # a page with more isn't worth reading
_GLYPH_NUMBERS = re.compile(r"\(cid:\d+\)|(?:/[A-Za-z]{1,2}\d{1,5}){2,}")
_MISREAD_BYTES = re.compile("[\u0080-\u00ff]{3,}")  # no language writes accented letters in a row
_HAN = re.compile("[\u4e00-\u9fff]")
_LETTERS = re.compile("[A-Za-z]")
_VOWELS = re.compile("[AEIOUYaeiouy]")
_ENOUGH_HAN = 60  # characters, for their frequency to tell
_ENOUGH_LETTERS = 200
_RARE = 0.3  # plausibility of Han characters: an eighth of them are common ones; of real text, two thirds
_FEWEST_VOWELS = 0.2  # of the letters; languages in Latin script have 0.35 or more


def garbling(lines: Iterable[str]) -> float:
    """The share, 0 to 1, of characters other than white space that are garbled."""
    text = "".join("".join(line.split()) for line in lines)
    if not text:
        return 0.0
    bad = sum(each == "\ufffd" or unicodedata.category(each) in ("Co", "Cn", "Cc") for each in text)
    bad += sum(len(run) for run in _GLYPH_NUMBERS.findall(text))
    bad += sum(len(run) for run in _MISREAD_BYTES.findall(text))
    han = _HAN.findall(text)
    if len(han) >= _ENOUGH_HAN and plausibility("".join(han)) < _RARE:
        bad += len(han)  # a font's own numbering taken for Unicode
    letters = len(_LETTERS.findall(text))
    if letters >= _ENOUGH_LETTERS and len(_VOWELS.findall(text)) < _FEWEST_VOWELS * letters:
        bad += letters  # the same: each letter another one
    return min(1.0, bad / len(text))
