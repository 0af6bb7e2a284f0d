"""The words of a question as they are compared: all, in their order, with the signs that mean something.

No stems and no stop words here: "import" isn't "important", "with" isn't "without", and -5 isn't 5.
"""

import re
import unicodedata
from functools import lru_cache

from rag.text.language import HAN
from rag.text.words import fold

_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:/\-–~]\d+)*)"
    rf"|(?P<han>[\u3007{HAN}])"
    rf"|(?P<word>(?:(?![\u3007{HAN}])[^\W_])+"
    r"(?:['’][a-z]+)*)"
    r"|(?P<minus>(?<![a-z\d])[-–−](?=\s?\.?\d))"
    r"|(?P<joint>(?<=ty)-(?=(?:one|two|three|four|five|six|seven|eight|nine)\b))"  # not "twenty one-day"
    r"|(?P<point>(?<!\d)\.(?=\d))"
    r"|(?P<sign>\S)"
)
_SIGNS = frozenset("%‰#&@*/§")
_NO_SIGNS = frozenset("`´¨˜©®")


@lru_cache(maxsize=1 << 14)
def words_of(text: str) -> tuple[str, ...]:
    """Every word, number and sign in order, folded; of Chinese every character.

    Case, width, Traditional characters, spaces between Chinese and other words, and punctuation make no
    difference; currencies, %, +, # and a minus before a number do.
    """
    found = []
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if match.lastgroup == "number":
            token = re.sub(r",(?=\d{3}(?!\d))", "", token)
        elif match.lastgroup == "minus":
            token = "-"
        elif match.lastgroup == "word":
            token = token.replace("’", "'")
        elif match.lastgroup == "sign" and not _means_something(token):
            continue
        found.append(token)
    return tuple(found)


def same_words(first: str, second: str) -> bool:
    """Whether two questions are the same, word for word."""
    return words_of(first) == words_of(second) != ()


def _means_something(sign: str) -> bool:
    if sign in _SIGNS:
        return True
    return unicodedata.category(sign)[0] in "SMN" and sign not in _NO_SIGNS
