"""A glossary's groups that have words of both languages, as translations."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.text.analysis import Analyzer
from rag.text.language import is_han
from rag.text.translation.cedict import Terms
from rag.text.words import STOP_WORDS, fold


@dataclass(frozen=True, slots=True)
class Bilingual:
    """What a glossary says of words in the other language; words are folded."""

    to_english: dict[str, tuple[Terms, ...]]
    to_chinese: dict[Terms, tuple[str, ...]]
    longest: int  # terms of an English word
    chinese_words: re.Pattern[str] | None  # all that it has, translated or not


@lru_cache(maxsize=4)
def bilingual(groups: tuple[tuple[str, ...], ...], plain: Analyzer) -> Bilingual:
    """The translations among a glossary's groups; the last few are kept."""
    to_english: dict[str, dict[Terms, None]] = {}
    to_chinese: dict[Terms, dict[str, None]] = {}
    every: set[str] = set()
    for group in groups:
        words = [fold(word) for word in group]
        chinese = [word for word in words if any(map(is_han, word))]
        every.update(chinese)
        terms = [content_terms(word, plain) for word in words if word not in chinese]
        english = [each for each in terms if each]
        for word in chinese if english else ():
            to_english.setdefault(word, {}).update(dict.fromkeys(english))
        for gloss in english if chinese else ():
            to_chinese.setdefault(gloss, {}).update(dict.fromkeys(chinese))
    pattern = "|".join(map(re.escape, sorted(every, key=len, reverse=True)))
    return Bilingual(
        {word: tuple(found) for word, found in to_english.items()},
        {gloss: tuple(found) for gloss, found in to_chinese.items()},
        max(map(len, to_chinese), default=0),
        re.compile(pattern) if pattern else None,
    )


def content_terms(text: str, plain: Analyzer) -> Terms:
    """The text's terms without stop words."""
    return tuple(term for term in plain.terms(text) if term not in STOP_WORDS)
