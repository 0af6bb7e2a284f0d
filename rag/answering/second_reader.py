"""What is asked for, found by a second reader in the documents' words, beside the answer as it is written.

Two readers that were trained apart seldom make the same mistake. That the answer says what was found is a
sign of its being right that no score of one reader's own gives; where it doesn't, what was found takes its
place if the second reader is sure that the passages hold an answer. Cf. a verifier beside a reader: Hu et
al., "Read + Verify", AAAI 2019; agreement of answers: Wang et al., "Self-Consistency", ICLR 2023.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from rag.answer import Answer
from rag.answering.agreement import TermAnalyzer
from rag.answering.citations import normalize_marks
from rag.answering.citing import resolve_answer
from rag.answering.declining import Clock
from rag.answering.drafting import Draft, trained_for
from rag.answering.prompt import Wording, is_decline
from rag.answering.restating import names_answers, only_restates
from rag.errors import GenerationError, RagError
from rag.models.generator import AnswerFinder
from rag.text.facts import numbers_of
from rag.text.words import fold

SURE = 0.3  # so likely to decline at most, what was found takes an answer's place that says something else
_MOST_TOKENS = 64
_CROSSING = 0.5  # how far two agree that can't be compared, in two languages
_MARK = re.compile(r"\s*\[\d+\]")
_ENDS = " \n。.，,；;：:！!？?“”\"'‘’「」『』《》"
_CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_NUMERAL = "零〇一二两三四五六七八九十百千万亿"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ORDINAL = re.compile(  # but a fraction is none: one third
    rf"第\s*[{_NUMERAL}\d.]+|(?<![\d.])\d+(?:st|nd|rd|th)(?![a-z\d])"
    rf"|(?<!one )(?<!two )(?<!a )\b(?:(?:{_TENS})[ -])?"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b"
)
_MONTH = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
# What may not stand before or after the same words: the rest of a word or a number, a "not".
_DENIED = r"(?<!not )(?<!n't )(?<!\bno )(?<!never )(?<![不没未无非])"
_BEFORE = {
    "numeral": rf"(?<![{_NUMERAL}\d])",
    "digit": r"(?<![^\W\u3400-\u9fff])(?<!\d[.,])(?<!(?<!\d)-)",
    "word": r"(?<![^\W\u3400-\u9fff])",
}
_AFTER = {
    "numeral": rf"(?![{_NUMERAL}\d])",
    "digit": r"(?![^\W\u3400-\u9fff]|[.,]\d|[十百千万亿])",
    "word": r"(?![^\W\u3400-\u9fff])",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and the natural logarithm of each token's probability, empty where nobody tells."""

    text: str
    likelihoods: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Finder:
    """The second reader of what the generator reads. ``messages``: the prompt."""

    generator: BaseChatModel
    messages: list[BaseMessage]
    wording: Wording

    def chance_of_declining(self) -> float:
        """How likely it is to say that the passages don't hold the answer, 0 to 1."""
        assert isinstance(self.generator, AnswerFinder)
        start = self.wording.decline_start
        return self.generator.first_token_probabilities(self.messages, [start], finder=True)[0]

    def find(self) -> Found:
        """What is asked for, with the mark of a passage; it doesn't decline.

        Raises:
            GenerationError: the generator failed.
        """
        options: dict[str, Any] = {"avoid": self.wording.decline_start, "finder": True}
        try:
            message = self.generator.invoke(self.messages, max_tokens=_MOST_TOKENS, **options)
        except RagError:
            raise
        except Exception as error:
            raise GenerationError(
                f"the generator failed while finding: {error}; check the [generator] section of rag.toml"
            ) from error
        return Found(str(message.text).strip(), message.response_metadata.get("likelihoods", ()))


def finder_for(generator: BaseChatModel, messages: list[BaseMessage], wording: Wording) -> Finder | None:
    """The second reader, if the generator was trained to be one."""
    trained = trained_for(generator, wording)
    if trained is None or not isinstance(generator, AnswerFinder) or not generator.can_find:
        return None
    return Finder(generator, messages, wording)


def settle(
    written: Draft,
    finding: Found,
    declining: float,
    answer: Answer,
    clock: Clock,
    analyzer: TermAnalyzer,
    *,
    several: bool = False,
    check: bool = True,
) -> Draft:
    """What goes on as the answer: what was written, or what was found in its place.

    Args:
        written: the answer as the generator wrote it.
        finding: what `Finder.find` gave.
        declining: what `Finder.chance_of_declining` gave.
        answer: to which question, over which passages.
        clock: the question's.
        analyzer: cuts text into index terms.
        several: whether several things are asked for; what was found is no whole answer then.
        check: whether what no passage supports, or only says the question again, may not go on.
    """
    found = finding.text
    trace = replace(written.trace, found=found, generate_ms=clock.elapsed_ms() - written.trace.retrieve_ms)
    written = replace(written, trace=trace, found_likelihoods=finding.likelihoods)
    if several or not found or is_decline(found) or (check and not _stands(found, answer, analyzer)):
        return written
    kept = bool(written.text.strip()) and not is_decline(written.text)
    kept = kept and (not check or _stands(written.text, answer, analyzer))
    may_differ = declining >= SURE or names_answers(answer.question) or _crosses(written.text, found)
    may_differ = may_differ or _has_another_figure(written.text, found, answer.question)
    if kept and (may_differ or not _is_verbatim(found, written) or says(written.text, found)):
        return written
    return replace(written, text=found, trace=replace(trace, draft=found, first_draft=written.text))


def agreement(text: str, found: str, analyzer: TermAnalyzer) -> float:
    """How far a text says what was found: 1 if in the same words, else half of the share of its words.

    What is in two languages can't be compared, which counts as a half.
    """
    if says(text, found):
        return 1.0
    if _crosses(text, found):
        return _CROSSING
    terms = set(analyzer.content_terms(_MARK.sub(" ", found)))
    shared = terms & set(analyzer.content_terms(_MARK.sub(" ", text)))
    return 0.5 * len(shared) / len(terms) if terms else 0.0


def says(text: str, found: str) -> bool:
    """Whether a text has what was found, as whole words and not denied; marks and case don't count."""
    needle, hay = (_plain(each) for each in (found, text))
    needle = needle.strip(_ENDS)
    if not needle:
        return False
    before, after = _BEFORE.get(_kind(needle[0]), ""), _AFTER.get(_kind(needle[-1]), "")
    return re.search(_DENIED + before + re.escape(needle) + after, hay) is not None


def _kind(edge: str) -> str:
    if edge.isdigit():
        return "digit"
    if edge in _NUMERAL:
        return "numeral"
    return "word" if edge.isalpha() and not re.match(f"[{_CJK}]", edge) else ""


def _crosses(text: str, found: str) -> bool:
    """Whether one is in Chinese and the other in words of another script; a number is in no language."""
    chinese = [re.search(f"[{_CJK}]", _MARK.sub("", each).strip(_ENDS)) is not None for each in (text, found)]
    return chinese[0] != chinese[1] and re.search(r"[a-z]{2}", text if chinese[1] else found) is not None


def _has_another_figure(text: str, found: str, question: str) -> bool:
    """Whether both answer with figures and these differ: a sentence that names row and column errs less.

    The "second Saturday" of an answer is no other figure than "100 metres" that were found; beside "the fifth
    floor" it is, and "May 5th" always.
    """
    asked = numbers_of(fold(question))
    own, other = (fold(_MARK.sub("", each)) for each in (text, found))
    if not _ORDINAL.search(other) and not _MONTH.search(own):
        own = _ORDINAL.sub(" ", own)
    said, others = (numbers_of(each) - asked for each in (own, other))
    return bool(others) and not said <= others


def _is_verbatim(found: str, written: Draft) -> bool:
    """Whether what was found stands so in what was read: what was put together may be garbled."""
    return any(says(each, found) for each in written.trace.evidence)


def _plain(text: str) -> str:
    folded = " ".join(fold(_MARK.sub("", normalize_marks(text))).split())
    return re.sub(rf"(?<=[{_CJK}])\s|\s(?=[{_CJK}])", "", folded)  # in Chinese a space is chance


def _stands(text: str, answer: Answer, analyzer: TermAnalyzer) -> bool:
    """Whether something is left of a text once it is checked, and it doesn't only say the question again."""
    resolved = resolve_answer(text, answer.passages, answer.question, analyzer=analyzer)
    return bool(resolved.sentences) and not only_restates(resolved.text, answer.question, analyzer)
