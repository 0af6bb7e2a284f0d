"""A question's words, each with its translations as terms of the index.

A question in Chinese is covered with the longest words that the dictionary has; one in English is matched
with glosses of up to three words, the longer first. Alternative translations of a word form one group, scored
as one word (Pirkola, "The effects of query structure and dictionary setups in dictionary-based cross-language
information retrieval", SIGIR 1998), so that a word with many translations doesn't outweigh the others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rag.text.analysis import Analyzer
from rag.text.language import is_han, language_of
from rag.text.translation.dictionary import ChineseWord, Dictionary, Terms, word_terms_of
from rag.text.words import STOP_WORDS, fold

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LONGEST_WORD = 8  # characters of a Chinese word
_LONGEST_GLOSS = 3  # terms of an English phrase
_CHARACTER_WEIGHT = 0.3  # of a single Chinese character, which may mean anything
_LONGEST_QUESTION = 2000  # characters; a longer one is no question


@dataclass(frozen=True, slots=True)
class TermGroup:
    """A word of a question and what it may be in the other language."""

    word: str
    translations: tuple[Terms, ...]  # each the terms that a passage must all have
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _Bilingual:
    """What a glossary says of words in the other language; words are folded."""

    to_english: dict[str, tuple[Terms, ...]]
    to_chinese: dict[Terms, tuple[str, ...]]
    longest: int  # terms of an English word
    chinese_words: re.Pattern[str] | None  # all that it has, translated or not


def translate_terms(question: str, analyzer: Analyzer, dictionary: Dictionary) -> list[TermGroup]:
    """The question's words in the other language: English for a question in Chinese, Chinese for others.

    A translation that the glossary gives replaces the dictionary's. Latin words and numbers stand for
    themselves too. Words without a translation have no group.
    """
    text = fold(question[:_LONGEST_QUESTION])
    glossary = _bilingual(analyzer.glossary.groups, dictionary.plain)
    if language_of(question) == "zh":
        found = _from_chinese(text, glossary, dictionary)
    else:
        found = _from_english(text, glossary, dictionary, analyzer)
    groups: dict[str, TermGroup] = {}
    for group in found:
        groups.setdefault(group.word, group)
    return list(groups.values())


def _from_chinese(text: str, glossary: _Bilingual, dictionary: Dictionary) -> Iterator[TermGroup]:
    for word in sorted(glossary.to_english, key=len, reverse=True):
        if word in text:
            text = text.replace(word, " ")
            yield TermGroup(word, glossary.to_english[word])
    runs = _HAN_RUN.findall(text)
    parts = {
        run[start : start + length]
        for run in runs
        for start in range(len(run))
        for length in range(1, min(_LONGEST_WORD, len(run) - start) + 1)
    }
    known = dictionary.english_of(parts - STOP_WORDS)
    covering = [word for run in runs for word in _cover(run, known)]
    for word in covering:
        yield TermGroup(word, tuple(known[word]), _CHARACTER_WEIGHT if len(word) == 1 else 1.0)
    for term in _content_terms(text, dictionary.plain):
        if term.isascii():
            yield TermGroup(term, ((term,),))
        elif len(term) > 1 and term in known and not any(term in word for word in covering):
            yield TermGroup(term, tuple(known[term]))


def _cover(run: str, known: dict[str, list[Terms]]) -> Iterator[str]:
    """The known words of a run of Chinese characters, from its beginning the longest each time."""
    start = 0
    while start < len(run):
        length = min(_LONGEST_WORD, len(run) - start)
        while length > 1 and (part := run[start : start + length]) not in known and part not in STOP_WORDS:
            length -= 1
        if (word := run[start : start + length]) in known:
            yield word
        start += length


def _from_english(
    text: str, glossary: _Bilingual, dictionary: Dictionary, analyzer: Analyzer
) -> Iterator[TermGroup]:
    terms = _content_terms(text, dictionary.plain)
    phrases = {
        length: [terms[start : start + length] for start in range(len(terms) - length + 1)]
        for length in range(1, max(_LONGEST_GLOSS, glossary.longest) + 1)
    }
    known = dictionary.chinese_of(
        {each for length in range(1, _LONGEST_GLOSS + 1) for each in phrases[length]}
    )
    free = [True] * len(terms)

    def matches(
        among: dict[Terms, tuple[str, ...]] | dict[Terms, list[ChineseWord]], least: int
    ) -> list[Terms]:
        """The phrases of the question that are there, longest first, none sharing a place with another."""
        found = []
        for length in sorted(phrases, reverse=True):
            for start, phrase in enumerate(phrases[length]):
                if length >= least and phrase in among and all(free[start : start + length]):
                    free[start : start + length] = [False] * length
                    found.append(phrase)
        return found

    for phrase in matches(glossary.to_chinese, 1):
        words = [word_terms_of(word, analyzer.terms(word)) for word in glossary.to_chinese[phrase]]
        yield _group(phrase, words)
    for phrase in matches(known, 2):
        yield _group(phrase, _chinese_terms(known[phrase], glossary, analyzer))
    for term, is_free in zip(terms, free, strict=True):
        if is_free:
            yield _group((term,), _chinese_terms(known.get((term,), []), glossary, analyzer))


def _group(phrase: Terms, found: list[Terms]) -> TermGroup:
    """A phrase with its translations; a single word stands for itself too."""
    itself = [phrase] if len(phrase) == 1 else []
    return TermGroup(" ".join(phrase), (*filter(None, found), *itself))


def _chinese_terms(words: list[ChineseWord], glossary: _Bilingual, analyzer: Analyzer) -> list[Terms]:
    """The words' terms, segmented anew where a word has one of the glossary's in it."""
    special = glossary.chinese_words
    return [
        word_terms_of(each.word, analyzer.terms(each.word))
        if special is not None and special.search(each.word)
        else each.terms
        for each in words
    ]


@lru_cache(maxsize=4)
def _bilingual(groups: tuple[tuple[str, ...], ...], plain: Analyzer) -> _Bilingual:
    """The translations among a glossary's groups; the last few are kept."""
    to_english: dict[str, dict[Terms, None]] = {}
    to_chinese: dict[Terms, dict[str, None]] = {}
    every: set[str] = set()
    for group in groups:
        words = [fold(word) for word in group]
        chinese = [word for word in words if any(map(is_han, word))]
        every.update(chinese)
        terms = [_content_terms(word, plain) for word in words if word not in chinese]
        english = [each for each in terms if each]
        for word in chinese if english else ():
            to_english.setdefault(word, {}).update(dict.fromkeys(english))
        for gloss in english if chinese else ():
            to_chinese.setdefault(gloss, {}).update(dict.fromkeys(chinese))
    pattern = "|".join(map(re.escape, sorted(every, key=len, reverse=True)))
    return _Bilingual(
        {word: tuple(found) for word, found in to_english.items()},
        {gloss: tuple(found) for gloss, found in to_chinese.items()},
        max(map(len, to_chinese), default=0),
        re.compile(pattern) if pattern else None,
    )


def _content_terms(text: str, plain: Analyzer) -> Terms:
    """The text's terms without stop words."""
    return tuple(term for term in plain.terms(text) if term not in STOP_WORDS)
