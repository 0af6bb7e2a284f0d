"""How right an answer's words are, of one question, as the official scorers and the field's papers say."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval.measures.tokens import (
    is_chinese,
    normalize_cmrc,
    normalize_squad,
    segment_cmrc,
    units,
    without_marks,
)
from rag.text.language import approximate_tokens, language_of

_CJK = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_QUOTATION = str.maketrans("", "", '"“”「」『』《》〈〉')
_LETTER = re.compile(r"[^\W\d_]")
_LONG = 40  # units
_BRIEF_TOKENS = 60
_BRIEF_CHARACTERS = 80
_NAME_WORDS = 3  # so few words in Latin letters may be a name or a code, the same in every language


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Scores from 0 to 1; None is unmeasured. ``length`` is in words (Chinese: characters)."""

    exact_match: float | None
    f1: float | None
    contains: float | None
    rouge_l: float | None
    language_match: float | None
    length: int


def score_answer(
    prediction: str | None, answers: Sequence[str], lang: str, *, answerable: bool = True
) -> AnswerScores:
    """Score an answer against the right ones, of which the best fitting counts.

    Args:
        prediction: the answer, with or without marks such as ``[1]``; None or empty for a refusal.
        answers: the right answers. An answerable question without any has only language and length.
        lang: the question's language: Chinese is scored by CMRC's scheme, every other by SQuAD's.
        answerable: a question that can't be answered is right, by SQuAD 2.0's rule, if it is refused.
    """
    text = without_marks(prediction or "")
    length = len(units(text, lang))
    language = language_match(text, lang)
    if not answerable:
        refused = float(not text)
        return AnswerScores(refused, refused, None, None, language, length)
    if not answers:
        return AnswerScores(None, None, None, None, language, length)
    return AnswerScores(
        exact_match=exact_match(text, answers, lang),
        f1=f1(text, answers, lang),
        contains=float(contains_answer(text, answers)),
        rouge_l=rouge_l(text, answers, lang),
        language_match=language,
        length=length,
    )


def is_right(prediction: str | None, answers: Sequence[str], lang: str) -> bool:
    """Whether an answer is right: it contains a right answer, or, of a long one, says at least half.

    Long is an answer of more than 40 words (Chinese: characters): a curated answer, which nobody repeats word
    for word. Half of its units must then be in the answer, in their order (ROUGE-L's recall).
    """
    text = without_marks(prediction or "")
    short = [each for each in answers if len(units(each, lang)) <= _LONG]
    if contains_answer(text, short):
        return True
    said = units(text, lang)
    return any(
        2 * _common_subsequence(said, right) >= len(right)
        for each in answers
        if len(right := units(each, lang)) > _LONG
    )


def items_said(prediction: str | None, items: Sequence[Sequence[str]]) -> float | None:
    """The share of the items that an answer contains, each in any form; None of a question without."""
    if not items:
        return None
    return sum(contains_answer(prediction or "", each) for each in items) / len(items)


def is_brief(prediction: str, lang: str) -> bool:
    """Whether an answer is at most about 60 tokens long, in Chinese 80 characters, marks not counted."""
    text = without_marks(prediction)
    if is_chinese(lang):
        return len("".join(text.split())) <= _BRIEF_CHARACTERS
    return approximate_tokens(text) <= _BRIEF_TOKENS


def exact_match(prediction: str, answers: Sequence[str], lang: str) -> float:
    """1.0 if the prediction is one of the answers after normalization (SQuAD's, or CMRC's in Chinese)."""
    normalize = normalize_cmrc if is_chinese(lang) else normalize_squad
    return float(any(normalize(prediction) == normalize(answer) for answer in _golds(answers, lang)))


def f1(prediction: str, answers: Sequence[str], lang: str) -> float:
    """The best F1 over the answers.

    English: of the words they share, as a bag. Chinese: of their longest common run of characters, as CMRC
    2018's script has it.
    """
    score = _f1_cmrc if is_chinese(lang) else _f1_squad
    return max(score(prediction, answer) for answer in _golds(answers, lang))


def rouge_l(prediction: str, answers: Sequence[str], lang: str) -> float:
    """The best ROUGE-L F-measure (β = 1) over the answers: of their longest common subsequence of units.

    Source: Lin, "ROUGE", 2004. English words are SQuAD's (lower case, no punctuation), not stemmed.
    """
    said = units(prediction, lang)
    return max(_rouge_l(said, units(answer, lang)) for answer in answers)


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """Whether the text has one of the answers as whole words; "15" isn't in "150", "1.15" or "1,500,15".

    Compared after NFKC, in lower case, without quotation marks, white space only between words. A plural's s
    may follow.
    """
    haystack = _comparable(text)
    needles = [needle for answer in answers if (needle := _comparable(answer))]
    return any(
        re.search(_guard_before(needle[0]) + re.escape(needle) + _guard_after(needle[-1]), haystack)
        for needle in needles
    )


def language_match(text: str, lang: str) -> float | None:
    """Whether the answer is in the question's language; None where that can't be told.

    It can't of text without letters, or of a few words in Latin letters: they may be a name.
    """
    if not _LETTER.search(text):
        return None
    found, wanted = language_of(text), "zh" if is_chinese(lang) else lang.split("-")[0].lower()
    if wanted in ("zh", "ja", "ko") and found == "en" and len(text.split()) <= _NAME_WORDS:
        return None
    return float(found == wanted)


def _golds(answers: Sequence[str], lang: str) -> Sequence[str]:
    """As the official scripts: SQuAD's leaves out answers of which normalization leaves nothing."""
    if is_chinese(lang):
        return answers or [""]
    return [answer for answer in answers if normalize_squad(answer)] or [""]


def _f1_squad(prediction: str, answer: str) -> float:
    said, right = normalize_squad(prediction).split(), normalize_squad(answer).split()
    if not said or not right:
        return float(said == right)
    return _harmonic(sum((Counter(said) & Counter(right)).values()), len(said), len(right))


def _f1_cmrc(prediction: str, answer: str) -> float:
    said, right = segment_cmrc(prediction), segment_cmrc(answer)
    longest = 0
    previous = [0] * (len(right) + 1)
    for segment in said:
        current = [0]
        for index, other in enumerate(right):
            current.append(previous[index] + 1 if segment == other else 0)
        longest = max(longest, *current)
        previous = current
    return _harmonic(longest, len(said), len(right))


def _rouge_l(said: Sequence[str], right: Sequence[str]) -> float:
    return _harmonic(_common_subsequence(said, right), len(said), len(right))


def _common_subsequence(said: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest subsequence that both have."""
    previous = [0] * (len(right) + 1)
    for unit in said:
        current = [0]
        for index, other in enumerate(right):
            current.append(previous[index] + 1 if unit == other else max(previous[index + 1], current[-1]))
        previous = current
    return previous[-1]


def _harmonic(shared: int, said: int, right: int) -> float:
    """The F-measure of ``shared`` units among those said and those that would be right."""
    return 2 * shared / (said + right) if shared else 0.0


def _comparable(text: str) -> str:
    text = unicodedata.normalize("NFKC", without_marks(text)).lower().translate(_QUOTATION)
    # White space parts words and numbers, but in Chinese it is chance: "136 次" is "136次".
    return re.sub(rf"(?<=[{_CJK}])\s|\s(?=[{_CJK}])", "", " ".join(text.split()))


def _guard_before(edge: str) -> str:
    if edge.isdigit():
        return r"(?<!\d)(?<!\d[.,])"
    return r"(?<![a-z])" if edge in _LATIN else ""


def _guard_after(edge: str) -> str:
    if edge.isdigit():
        return r"(?!\d)(?![.,]\d)"
    return r"(?!(?!(?:e?s)(?![a-z]))[a-z])" if edge in _LATIN else ""


_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")
