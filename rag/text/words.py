"""Words written in letters and digits: folding, stems, part numbers, stop words."""

import re
import unicodedata
from functools import cache, lru_cache

import opencc
import Stemmer

_LONGEST_TERM = 64  # characters; longer ones are encoded data, not words
_CONNECTOR = re.compile(r"[-_/.:@&+#'’]+")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_DECIMAL = re.compile(r"\d+\.\d+")
_CONTRACTION = re.compile(r"['’](?:s|t|d|m|re|ve|ll)$")

_stemmer = Stemmer.Stemmer("english", 0)

_FUNCTION_WORDS = """
    a an and are as at be been but by can could did do does for from had has have how i if in into is it its
    me my no not of on or our shall should such that the their them then there these they this to was we were
    what when where which who why will with would you your
    的 了 吗 呢 吧 啊 呀 是 在 和 与 及 或 也 都 就 被 把 为 于 以 之 其 这 那 该 此 有 能 会 请 请问 可以
    什么 怎么 怎样 哪 哪些 哪个 哪里 谁 几 多少 如何 为什么 是否 我 你 我们 你们 他们
"""


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """The text with width and compatibility forms, case and Traditional Chinese characters folded."""
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair isn't text for OpenCC
    simplified: str = _converter().convert(unicodedata.normalize("NFKC", text).casefold())
    return simplified


def squeeze(folded: str) -> str:
    """The letters and digits of a folded text, with nothing between them."""
    return "".join(each for each in folded if each.isalnum())


@lru_cache(maxsize=1 << 16)
def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one folded word.

    A word without digits gives its stem; one with connectors its parts' stems and, where the connector is a
    hyphen, a slash or an underscore, itself without them (``e-mail``, ``email``). A word with digits, a part
    number, comes whole, without its connectors (``AB1200X`` finds ``AB-1200/X``), and in parts.
    """
    word = _CONTRACTION.sub("", word[:_LONGEST_TERM])
    if word.isalpha():
        return (stem(word),)
    if word.isdigit() or _DECIMAL.fullmatch(word):
        return _distinct(word, word.lstrip("0") or "0")
    pieces = [piece for piece in _CONNECTOR.split(word) if piece]
    joined = re.sub(r"[-_/]", "", word)
    if not any(character.isdigit() for character in word):
        whole = [word] if word.endswith(("+", "#")) else [joined] if joined.isalpha() else []
        return _distinct(*whole, *(stem(piece) for piece in pieces))
    parts = [run for piece in pieces for run in (piece, *_RUN.findall(piece))]
    version_number = word[1:] if re.match(r"v\d", word) else word
    stems = (stem(part) if part.isalpha() else part for part in parts)
    bare = (part.lstrip("0") or "0" for part in parts if part.isdigit())
    return _distinct(word, joined, version_number, *stems, *bare)


def stem(word: str) -> str:
    """The Porter2 stem of a word (snowballstem.org); accents are dropped, so ``café`` finds ``cafe``."""
    if not word.isascii():
        decomposed = unicodedata.normalize("NFD", word)
        word = "".join(character for character in decomposed if not unicodedata.combining(character))
    stemmed: str = _stemmer.stemWord(word)
    return stemmed


def _distinct(*terms: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms))


# As they come out of segmentation, so that they can be compared with terms.
STOP_WORDS = frozenset(stem(word) for word in _FUNCTION_WORDS.split())
