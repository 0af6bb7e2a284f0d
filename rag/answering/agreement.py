"""What an answer may not say unless its evidence does: numbers, names, and whether something is so or not.

By rules, each of which names one plain mistake: a number or a name that the evidence doesn't have, an answer
none of whose own words it has, a "no" where it has none, and a thing said to be so that it says is not. What
only a reader of the whole text could tell isn't found.
"""

import re
from collections.abc import Set
from typing import Literal, Protocol

from rag.text.facts import is_negated, names_of, numbers_of
from rag.text.words import fold

Disagreement = Literal["number", "name", "negation", "words"]

_CONNECTORS = re.compile(r"[\s\-_./]")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿\d.,%:/-]+[\u4e00-\u9fff]?|[a-z]?\d[\w.]*")
_QUOTED = re.compile(r"《([^《》]{2,40})》|「([^「」]{2,40})」")

_NEGATED_ZH = re.compile(
    r"(?:不(?!仅|但|过|同|少|断|足|等|久|止|光|只|论|管|得不|妨|如|锈)|没有|没|未(?!来)|无法|并非|切勿|勿|禁止|严禁)"
    r"(?:会|能|能够|可以|可|得|需要|需|必|再|应|要)?([\u4e00-\u9fff]{2})"
)
_NEGATED_EN = re.compile(
    r"\b(?:not|never|cannot|can't|won't|don't|doesn't|didn't|isn't|aren't|wasn't|weren't|mustn't|shouldn't)\s+"
    r"(?:be\s+|been\s+|yet\s+|to\s+|need\s+to\s+)*([a-z]{4,})",
    re.IGNORECASE,
)
# Whatever may be said again with a "not".
_ANY_NEGATION = re.compile(
    r"[不没未无非勿禁]|免(?!费)|仅|只(?=[有能限在])|除|n't\b|"
    r"\b(?:not?|never|none|nothing|nobody|neither|nor|without|cannot|only|except|unless|instead|exclud\w*|"
    r"forbid\w*|forbidden|prohibit\w*|lack\w*|fail\w*|refus\w*|den(?:y|ied|ies)|reject\w*|absen\w*|free|"
    r"un\w{4,}|in(?:valid|eligible|capable|sufficient)|im(?:possible)|dis\w{4,}|too)\b",
    re.IGNORECASE,
)
_RESTRICTED = re.compile(
    r"仅|只|除|以内|之内|不超过|\b(?:only|except|unless|instead|rather|within|until|other than)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"(?<!什)[吗嗎么嘛]\s*[?？]?\s*$|是否|能否|可否|可不可以|([\u4e00-\u9fff])[不没沒]\1|"
    r"^\s*(?:is|are|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have|had)"
    r"(?:n't)?\b|^(?:if|when|on|in|at|for|with)\b[^,?]*,\s*(?:is|are|do|does|can|may|must|should|will)\b",
    re.IGNORECASE,
)


class TermAnalyzer(Protocol):
    """Cuts text into index terms."""

    def content_terms(self, text: str) -> list[str]:
        """The terms that say what a text is about."""
        ...


def disagreement(
    sentence: str, text: str, question: str, *, analyzer: TermAnalyzer, context: str = ""
) -> Disagreement | None:
    """What the sentence says that the text, in the same language, can't bear out; None if nothing is found.

    What the question says itself, or the ``context`` in which the text stands, needs no other evidence.
    """
    whole = f"{context}\n{text}"
    given = fold(f"{question}\n{whole}")
    numbers = numbers_of(fold(sentence))
    if not numbers <= numbers_of(given):
        return "number"
    if _lacks(given, names_of(sentence) | _titles_of(sentence)):
        return "name"
    new = _new_terms(sentence, question, analyzer)
    told = numbers - numbers_of(fold(question)) or _YES_OR_NO.search(question)  # otherwise than by words
    if new and not told and new.isdisjoint(analyzer.content_terms(whole)):
        return "words"
    return "negation" if _negates_otherwise(sentence, text, question) else None


def asks_yes_or_no(question: str) -> bool:
    """Whether a question is answered by a yes or a no."""
    return _YES_OR_NO.search(question) is not None


def _titles_of(sentence: str) -> frozenset[str]:
    return frozenset(fold(first or second) for first, second in _QUOTED.findall(sentence))


def _lacks(folded: str, names: Set[str]) -> bool:
    bare = _CONNECTORS.sub("", folded)
    stems = (each.removesuffix("s") if each.isalpha() else each for each in names)  # Normans, of a Norman
    return any(each not in folded and _CONNECTORS.sub("", each) not in bare for each in stems)


def _new_terms(sentence: str, question: str, analyzer: TermAnalyzer) -> set[str]:
    """The words that the sentence adds to the question; numerals may be written in many ways."""
    terms = set(analyzer.content_terms(sentence)) - set(analyzer.content_terms(question))
    return {each for each in terms if not _NUMERAL.fullmatch(each) and not is_negated(each)}


def _negates_otherwise(sentence: str, text: str, question: str) -> bool:
    """Whether the sentence says no and the text never does, or says to be so what the text says is not."""
    sentence, text, question = (fold(each).replace("’", "'") for each in (sentence, text, question))
    if is_negated(sentence) and not _ANY_NEGATION.search(f"{question}\n{text}"):
        return True
    if any(_says_so(sentence, text, negated) for negated in (_NEGATED_ZH, _NEGATED_EN)):
        return True
    if _RESTRICTED.search(text):  # what is only for some is not for others, in other words
        return False
    return any(_says_so(text, sentence, negated) for negated in (_NEGATED_ZH, _NEGATED_EN))


def _says_so(sentence: str, text: str, negated: re.Pattern[str]) -> bool:
    """Whether a sentence has a word only without a negation that a text has only with one."""
    denied = {match[1] for match in negated.finditer(sentence)}
    said = negated.sub(" ", sentence)
    left = negated.sub(" ", text)
    for match in negated.finditer(text):
        word = match[1]
        stem = re.compile(rf"\b{word[: max(4, len(word) - 2)]}" if word.isascii() else word)
        if word not in denied and stem.search(said) and not stem.search(left):
            return True
    return False
