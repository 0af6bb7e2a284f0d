"""Facts that a text states in its own words: numbers, names, codes, a negation, what is asked for."""

import re

from rag.text.language import language_of
from rag.text.numerals import with_digits
from rag.text.words import STOP_WORDS, fold

# A comma joins thousands only: folded, the one of 波特率 9600，一条总线 is a comma like any other.
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)*")
CODE = re.compile(r"(?=[a-z\d_/-]*\d)(?=[a-z\d_/-]*[a-z])[a-z\d]+(?:[-_/][a-z\d]+)*")

_NO_NEGATION = re.compile(r"(.)不\1|有没有|不仅|不但|不锈钢|无线|未来|不同|不过|是否")
_NEGATION = re.compile(
    r"[不没无未勿]|非|别(?=[再去用让])|\b(?:not|no|never|without|cannot|cant|dont|doesnt|isnt|wont|unable)\b"
    r"|n['’]t\b"
)
_ASKED = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("who", r"\bwho(?:se|m)?\b|谁|哪位"),
        ("when", r"\bwhen\b|\bwhat (?:time|date|day)\b|什么时候|何时|几点|哪天"),
        ("where", r"\bwhere\b|哪里|哪儿|在哪"),
        ("why", r"\bwhy\b|\bhow come\b|为什么|为何|为啥"),
        (
            "how much",
            r"\bhow (?:much|many|long|often|far|old|big|fast)\b|多少|多久|多长|多大|几[个天次年月]",
        ),
    )
)
_NAME = re.compile(r"(?<![.!?。！？…:：\s])\s+([A-Z][\w'’-]*)")
_LATIN = re.compile(r"[A-Za-z][A-Za-z\d.+#-]*")


def names_of(text: str) -> frozenset[str]:
    """A question's names and codes, folded: codes, Latin words in Chinese, capitals within a sentence."""
    folded = fold(text)
    found = set(codes_of(folded))
    if language_of(text) == "zh":
        found |= {fold(each) for each in _LATIN.findall(text)}
    else:
        words = re.findall(r"[A-Za-z][\w'’-]*", text)
        capitals = [each for each in words[1:] if each[0].isupper()]
        if len(capitals) * 2 <= len(words):  # else it is a title, where capitals say nothing
            found |= {fold(each) for each in _NAME.findall(text)}
    return frozenset(each for each in found if len(each) > 1 and each not in STOP_WORDS)


def codes_of(folded: str) -> frozenset[str]:
    """The codes of a folded text, words of letters and digits: ``e12``, ``cbp-2104``, ``2b``."""
    return frozenset(CODE.findall(folded))


def numbers_of(folded: str) -> set[str]:
    """The numbers of a folded text, numerals too, but "one", which mostly is none (一起, "no one")."""
    close = re.sub(r"(?<=\d) (?=[万亿])", "", folded)
    found = set(_NUMBER.findall(with_digits(close)))
    found -= {"1"} - set(_NUMBER.findall(folded))
    return {each.replace(",", "").lstrip("0") or "0" for each in found}


def is_negated(folded: str) -> bool:
    """Whether a folded question asks with a negation."""
    return _NEGATION.search(_NO_NEGATION.sub(" ", folded)) is not None


def asked_for(folded: str) -> str | None:
    """Who, when, where, why or how much, of a folded question; other ways to ask are used for one another."""
    return next((name for name, pattern in _ASKED if pattern.search(folded)), None)
