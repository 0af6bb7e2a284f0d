"""Whether two questions are the same, word for word, and what those that read alike may still differ in.

An embedder puts "the warranty of the P200" beside "the warranty of the P300", so such a difference is looked
for in the words themselves: all of them in their order, with the signs that mean something. No stems and no
stop words here: "import" isn't "important", "with" isn't "without", and -5 isn't 5.
"""

import re
import unicodedata
from functools import lru_cache

from rag.text.analysis import Analyzer
from rag.text.facts import asked_for, is_negated, names_of, numbers_of
from rag.text.language import HAN, language_of
from rag.text.words import fold, squeeze

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


def difference(one: str, other: str, analyzer: Analyzer) -> str | None:
    """The first thing that two questions surely differ in; None if nothing of the kind is found.

    Args:
        one: a question.
        other: another, in either language.
        analyzer: knows the glossary: a synonym is no other name.
    """
    first, second = fold(one), fold(other)
    if numbers_of(first) != numbers_of(second):
        return "a number"
    if is_negated(first) != is_negated(second):
        return "a negation"
    kinds = {asked_for(first), asked_for(second)}
    if len(kinds - {None}) > 1:
        return "what is asked for"
    # The company's own words: each question is about a thing that the other isn't about.
    mine, theirs = _groups(one, analyzer), _groups(other, analyzer)
    if mine - theirs and theirs - mine:
        return "a name or a code"
    if missing_names(one, other, analyzer) or missing_names(other, one, analyzer):
        return "a name or a code"
    return None


def asks_of_another(question: str, entry: str, answer: str, analyzer: Analyzer) -> bool:
    """Whether a curated entry surely is about another thing than a question: such an entry isn't suggested.

    The entry's question may name no number, code or name that the question doesn't. What the question names
    must stand in the entry: "how long is the warranty" may be meant by whoever asks about the P200 where the
    answer names the P200. Words of another language can't be compared; an entry in one is another's, too.

    Args:
        question: what was asked.
        entry: the entry's question.
        answer: the entry's answer.
        analyzer: knows the glossary: a synonym is no other name.
    """
    if language_of(question) != language_of(entry):
        return True
    whole = f"{entry}\n{answer}"
    asked, named = numbers_of(fold(question)), numbers_of(fold(entry))
    if named - asked or asked - numbers_of(fold(whole)):
        return True
    if missing_names(entry, question, analyzer) or missing_names(question, whole, analyzer):
        return True
    mine = _groups(question, analyzer)
    return bool(mine - _groups(whole, analyzer) and _groups(entry, analyzer) - mine)


def missing_names(text: str, other: str, analyzer: Analyzer) -> set[str]:
    """The names of a text, folded, that another text doesn't have under any name."""
    names = names_of(text)
    terms = set(analyzer.terms(other)) | set(analyzer.query_terms(other))
    squeezed = squeeze(fold(other))
    return {
        each
        for each in names
        if squeeze(each) not in squeezed and not set(analyzer.content_terms(each)) <= terms
    }


def _groups(text: str, analyzer: Analyzer) -> set[int]:
    """The glossary's groups of which the text has a word."""
    folded = fold(text)
    groups = enumerate(analyzer.glossary.groups)
    return {number for number, group in groups if any(_has(folded, fold(word)) for word in group)}


def _has(folded: str, word: str) -> bool:
    if not word.isascii():
        return word in folded
    return re.search(rf"(?<![a-z\d]){re.escape(word)}(?![a-z\d])", folded) is not None


def _means_something(sign: str) -> bool:
    if sign in _SIGNS:
        return True
    return unicodedata.category(sign)[0] in "SMN" and sign not in _NO_SIGNS
