"""Whether two questions are the same but for words that mean nothing, or mean the same.

The rule is the reverse of a list of traps. Any content word may matter (三百 or 五百, Monday or Friday), so
every word must have its equal in the same place, and an addition ("opened" paint) narrows the question as
much as a substitution changes it. What may differ is a closed list of pairs that hold in every sentence:

- politeness around the question (请问, "could you tell me"), sentence-final particles, articles;
- how a thing is asked: 怎么/如何, 能/可以/能不能, 多久/多长时间, "how do I"/"how can I"/"how to";
- where "is" or "can" stands, which is elsewhere in an embedded question;
- numerals (``numerals``), 星期/周, and the glossary's synonyms.

What looks like such a pair and isn't one stays apart: 我在哪里买的 (where did I) and 我在哪里买 (where do),
还有多少 and 还多少, 不需要 and 不要, "my" and "our" address, "plan A" and "the plan", "on call" and "on the
call", who I "do" and "can" report to, stems and plurals (accounts, Williams), and the order of all else:
from A to B.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from rag.text.analysis import Analyzer
from rag.text.language import language_of
from rag.text.numerals import with_digits
from rag.text.tokens import plain
from rag.text.words import fold

_Rewriting = tuple[tuple[re.Pattern[str], str], ...]


def _rewriting(*pairs: tuple[str, str]) -> _Rewriting:
    return tuple((re.compile(pattern), to) for pattern, to in pairs)


_CHINESE_POLITE = re.compile(
    r"^(?:[您你]好|请问(?:一下)?|麻烦问(?:一下)?|想?请问|我?想(?:问|知道|了解|咨询)(?:一下)?|(?:咨询|请教)一下"
    r"|请?告诉我|劳驾|打扰一下|不好意思)|(?:谢谢[您你了]?|多谢)$"
)
_PARTICLE = re.compile(r"(?:[吗啊呀嘛哦]|(?<!毛)呢|(?<![酒网水书贴啡陶])吧|(?<![什怎这那多要])么)$")
_CHINESE = _rewriting(
    (r"您", "你"),
    (r"咱们", "我们"),
    (r"啥", "什么"),
    (r"(?:怎么样?|怎样|如何)才能", "怎么"),
    (r"怎样|如何", "怎么"),
    (r"能不能|可不可以|可否|能否|是否可以|是否能|可以", "能"),
    (r"有没有|有无", "有"),
    (r"是否|是不是", ""),
    (r"(?<![应该当])(需要|会)不\1|(?<![应该当])需不(?=需要)|(?<![应该当])要不(?=要)", r"\1"),
    (r"为什么", "为何"),
    (r"什么时候", "何时"),
    (r"在(?:什么地方|何处)", "在哪"),
    (r"哪[里儿]", "哪"),
    (r"哪些", "什么"),
    (r"哪位|什么人|何人", "谁"),
    (r"多长时间|多少时间", "多久"),
    (r"(?<![第十百千万这那前后好\d])几(?=[天次人台份张名位]|个[^\s]|年(?!级)|小时)", "多少"),
    (r"(?<![还没所只享占具含持拥也都])有(?=多少|多久)", ""),
    (r"(?<![还要可但凡总就只正不都也若])是(?=多少|多久|什么|谁|何时|怎么|在?哪)", ""),
    (r"星期|礼拜", "周"),
    (r"周天", "周日"),
    (r"(?<![不没无别])需要", "要"),
    (r"^(?:我们的|我的|我们|我(?!方|司|国|家|处|校|区|市|省|县|院|厂|店|行))", ""),
    (r"(?<=[a-z\d])的", ""),
)

_ENGLISH_POLITE = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|excuse me|sorry|please|kindly) "
    r"| (?:please|thanks|thank you|many thanks|thank you very much)$"
)
_EMBEDDING = re.compile(
    r"^(?:(?:could|can|would|will) you (?:please )?(?:tell|show) me|tell me|do you know|i would like to know"
    r"|i want to know|i need to know|i was wondering|i wonder|may i ask|can i ask)"
    r" (?:(?:if|whether) |(?=(?:who|what|when|where|why|which|how)\b))"
)
_ENGLISH = _rewriting(
    (r"\b(?:can't|cannot)(?!\S)", "can not"),
    (r"\bwon't\b", "will not"),
    (r"\b(\w+)n't\b", r"\1 not"),
    (r"\b(what|where|who|when|how|why|which|it|that|there|here)'s\b", r"\1 is"),
    (r"\bi'm\b", "i am"),
    (r"\b(\w+)'re\b", r"\1 are"),
    (r"\bi'd like\b", "i would like"),
    (r"\bwhom\b", "who"),
)
_ASKED = _rewriting(
    (r"\bhow (?:do|can|could|should|would) i\b|\bhow to\b|\bhow i (?:can|could|should)\b", "how i"),
    (r"^(?:may|might|could) i\b", "can i"),
)
_MOVABLE = {"is": "be", "are": "be", "am": "be", "can": "can"}
_BEFORE_A = re.compile(  # what "a" follows where it isn't a name: "plan A"
    r"is|are|am|was|were|do|does|did|can|i|we|you|of|from|get|as|have|has|had|need|make|without|after|before|and"
    r"|or|there|if|not|return|book|claim|request|order|report|cancel|change|use|buy|take|bring|send|open|apply"
)
_BEFORE_THE = re.compile(r"in|on|at|by|to|for|off|under|out|over")  # "on call" isn't "on the call"
_AFTER_THE = re.compile(r"most|least|few|little|one|same|only|last|next")  # nor "most" "the most"
_NO_HELPER = re.compile(  # after these, "do" is the verb itself
    r"\b(?:can|must|should|will|may|might|could|would|is|are|am|was|were|to|not|did)\b"
)


def same_question(first: str, second: str, analyzer: Analyzer) -> bool:
    """Whether two questions in one language ask the same by the rule above; ``analyzer`` has the glossary."""
    language = language_of(first)
    if language != language_of(second) or language not in ("zh", "en"):
        return False
    mine, theirs = (_core(each, language, analyzer) for each in (first, second))
    return mine == theirs and bool(mine[0])


@lru_cache(maxsize=1 << 13)
def _core(text: str, language: str, analyzer: Analyzer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a question says: its words in order, and those that may stand anywhere, sorted."""
    said = plain(fold(text))
    said = _with_synonyms(said, analyzer)
    if language == "zh":
        said = re.sub(r"(?<=[a-z\d]) (?=[a-z\d])", "_", with_digits(said))
        said = _until_same(_CHINESE_POLITE, said)
        said = _until_same(_PARTICLE, said)
        said = _until_same(_CHINESE_POLITE, said)
        return tuple(_until_same(_PARTICLE, _rewrite(said, _CHINESE))), ()
    return _english_core(with_digits(_rewrite(said, _ENGLISH)))


def _english_core(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    said = _until_same(_ENGLISH_POLITE, said)
    said = _EMBEDDING.sub("", said)
    words = _rewrite(_until_same(_ENGLISH_POLITE, said), _ASKED).split()
    kept: list[str] = []
    moved: list[str] = []
    helper = False
    for place, word in enumerate(words):
        if word in ("the", "an", "a") and _is_article(word, words[place - 1 : place], words[place + 1 :]):
            continue
        if word in ("do", "does") and not helper and not _NO_HELPER.search(" ".join(words[:place])):
            helper = True
        elif word in _MOVABLE:
            moved.append(_MOVABLE[word])
        else:
            kept.append(word)
    return tuple(kept), tuple(sorted(moved))


def _is_article(word: str, before: Sequence[str], after: Sequence[str]) -> bool:
    if not after or _AFTER_THE.fullmatch(after[0]):
        return False
    if before and _BEFORE_THE.fullmatch(before[0]):
        return False
    return word != "a" or not before or _BEFORE_A.fullmatch(before[0]) is not None


def _with_synonyms(said: str, analyzer: Analyzer) -> str:
    pattern, groups = _synonyms(analyzer)
    return pattern.sub(lambda match: groups[match.group()], said) if pattern is not None else said


@lru_cache(maxsize=4)
def _synonyms(analyzer: Analyzer) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """A pattern of the glossary's words, and what each means; a word in two groups means neither."""
    means: dict[str, set[int]] = {}
    for number, group in enumerate(analyzer.glossary.groups):
        for word in group if len(group) > 1 else ():
            means.setdefault(plain(fold(word)), set()).add(number)
    names = {word: f"〔{min(each)}〕" for word, each in means.items() if word and len(each) == 1}
    if not names:
        return None, {}
    bounded = (
        rf"(?<![a-z\d]){re.escape(word)}(?![a-z\d])" if word.isascii() else re.escape(word)
        for word in sorted(names, key=len, reverse=True)
    )
    return re.compile("|".join(bounded)), names


def _rewrite(said: str, rewriting: _Rewriting) -> str:
    for pattern, to in rewriting:
        said = pattern.sub(to, said)
    return said


def _until_same(pattern: re.Pattern[str], said: str) -> str:
    while (shorter := pattern.sub("", said).strip()) != said:
        said = shorter
    return said
