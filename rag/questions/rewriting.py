"""A question that leans on the conversation, rewritten so that it stands alone.

A small model drops a number now and then, answers instead of asking, or adds what nobody said: what it writes
is only taken if the words bear it out. Cf. query rewriting in conversational search: Elgohary et al., "Can
you unpack that?", EMNLP 2019.
"""

import logging
import re

from rag.answer import Question
from rag.models.generator import Generator
from rag.questions.follow_ups import leans
from rag.questions.rewriting_prompt import (
    language_to_write,
    last_question,
    recent_turns,
    rewriting_head,
    rewriting_messages,
)
from rag.text.analysis import Analyzer
from rag.text.facts import asked_for, is_negated, names_of, numbers_of
from rag.text.language import language_of
from rag.text.words import fold, squeeze

logger = logging.getLogger(__name__)

_MOST_TOKENS = 60
_LONGEST = 240  # characters of a rewritten question
_KEPT = 0.5  # of the follow-up's own words must be there
_LABEL = re.compile(
    r"^(?:完整问题|改写后?|问题|standalone question|rewritten question|question)\s*[:：]\s*", re.IGNORECASE
)
_ANY_QUESTION = """
    多少 几 什么 哪 哪些 是 有 能 可以 需要 要 会 吗 时候 请问 情况 下 时 做 如何 怎么 怎么办 为什么 多久
    多长 一下 how much mani long often kind happen need use
"""
_POINTING = """
    它 他 她 它们 他们 这 那 这个 那个 这些 那些 这种 那种 这里 那里 这边 那边 那么 呢 也 其中 前者 后者 两种
    这样 还有 一样 one ones those these too also well then so there here that he she him her
"""
_THESE_TWO = re.compile(r"[这那][一两二三四五几]")  # no number, but a pronoun
_LIGHT = frozenset(_ANY_QUESTION.split())  # any question may be asked with them
_POINTERS = frozenset(_POINTING.split())  # what they point at is named in the rewritten question


class Rewriter:
    """Rewrites questions that lean on the conversation; others are left alone, and cost nothing."""

    def __init__(self, generator: Generator, analyzer: Analyzer) -> None:
        self._generator = generator
        self._analyzer = analyzer

    def warm(self, language: str) -> None:
        """Let the generator read the fixed head now, if it can keep what it has read."""
        warm = self._generator.abilities.warm
        if warm is not None:
            warm(rewriting_head("zh" if language == "zh" else "en"))

    def standalone(self, question: Question) -> str | None:
        """The question rewritten so that it stands alone.

        None where it stands alone already, and where no rewriting of it can be trusted: then the
        conversation has to be read with it.
        """
        if not any(turn.role == "user" for turn in question.history) or not leans(question.text):
            return None
        before = last_question(question.history)
        replaced = with_code_replaced(question.text, before)
        if replaced is not None:
            return replaced
        if self._generator.abilities.quoting is not None:
            return None
        written = self._write(question)
        objection = objection_to(written, question, self._analyzer)
        if objection:
            logger.info("the rewritten question %r isn't used: %s", written, objection)
            return None
        return written

    def _write(self, question: Question) -> str:
        try:
            message = self._generator.invoke(
                rewriting_messages(question), stop=["\n"], max_tokens=_MOST_TOKENS
            )
        except Exception as error:  # whatever a provider raises; the question itself will tell the reader
            logger.warning("the question couldn't be rewritten: %s", error)
            return ""
        first = next(iter(str(message.text).strip().splitlines()), "")
        return _LABEL.sub("", first).strip().strip('"“”').strip()


def objection_to(written: str, question: Question, analyzer: Analyzer) -> str | None:
    """Why a rewritten question can't be trusted to ask what the follow-up asks, or None."""
    if len(written) > _LONGEST or not re.fullmatch(r"[^?？]+[?？]", written):
        return "it isn't one question"
    before = fold(last_question(question.history))
    earlier = " ".join(text for _, text in recent_turns(question))
    if language_of(written) != language_to_write(question):
        return "it is in another language"
    asked, new = fold(question.text), fold(written)
    numbers, names = numbers_of(_THESE_TWO.sub(" ", asked)), names_of(question.text)
    if not numbers <= numbers_of(new) or any(squeeze(each) not in squeeze(new) for each in names):
        return "it lacks a number or a name of the question"
    if is_negated(new) != is_negated(asked) and not (is_negated(new) and is_negated(before)):
        return "only one of the two has a negation"
    if asked_for(asked) not in (None, asked_for(new)) or (_yes_or_no(asked) and not _yes_or_no(new)):
        return "it asks for something else"
    terms = set(analyzer.content_terms(written))
    own = set(analyzer.content_terms(question.text)) - _POINTERS
    known = set(analyzer.terms(question.text)) | set(analyzer.terms(earlier)) | _LIGHT
    invented = {each for each in terms - known if not _within(each, asked + fold(earlier))}
    if invented:
        return f"nobody said {', '.join(sorted(invented))}"
    wanted = own - _LIGHT
    if wanted and len({each for each in wanted if each in terms or _within(each, new)}) < _KEPT * len(wanted):
        return "it lacks words of the question"
    if squeeze(new) in (squeeze(asked), squeeze(before)):
        return "it only repeats a question"
    if leans(written):
        return "it still leans on the conversation"
    return None


_CODE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4})-?(\d{1,5})(?![A-Za-z0-9])")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ONLY_CODE = re.compile(
    r"^(?:那么?|(?:and )?(?:what|how) about|and(?: for| in)?)?\s*(?:the )?(\S+?)\s*(?:年|的)?呢?[？?\s]*$",
    re.IGNORECASE,
)


# The name of a product before its code, which isn't that of one of another series: 清泉 D80, the Spring D80.
_NAME = re.compile(
    r"(?:^|(?<=[，,。；;、的]))(?!请问|现在|目前|如果|关于)[\u4e00-\u9fff]{2,4}\s?$|"
    r"(?<=\bthe )(?:[A-Z][a-z]+ )+$"
)


def with_code_replaced(text: str, before: str) -> str | None:
    """The question before with its code, or year, replaced by the follow-up's, where that is all it says.

    ``E06 是什么意思？`` and ``那 E04 呢？`` make ``E04 是什么意思？``; None for anything else. Nothing has to
    be generated. Before a code of another series a product's name goes too.
    """
    match = _ONLY_CODE.match(text.strip())
    if match is None or leans(before):
        return None
    new = match.group(1)
    for kind in (_CODE, _YEAR):
        found = kind.fullmatch(new)
        if found is None:
            continue
        old = list(kind.finditer(before))
        if kind is _CODE:  # one of the same series, or the only one there is: 那 D80 呢？ after the P200
            old = [each for each in old if each.group(1).upper() == found.group(1).upper()] or old
        if len(old) == 1 and old[0].group() != new:
            head = before[: old[0].start()]
            if kind is _CODE and old[0].group(1).upper() != found.group(1).upper():
                head = _NAME.sub("", head)
            return head + new + before[old[0].end() :]
    return None


def _yes_or_no(folded: str) -> bool:
    """Whether a Chinese question asks for a yes or a no."""
    return re.search(r"[吗么嘛]\s*\??$|是否|(.)不\1|有没有", folded) is not None


def _within(term: str, folded: str) -> bool:
    """Whether a Chinese term is in the text all the same: words are cut differently in other sentences."""
    return not term.isascii() and term in folded
