"""Chinese statements out of questions and their short answers, by rules.

A Chinese wh-phrase stands where its answer stands, so the answer takes its place; `answering_wh_phrases`
finds how far it goes. Rules look at the Simplified form, and cut the original by the same offsets, so
Traditional questions need no rules of their own.
"""

import re

from benchmarks.answering_wh_phrases import Gap, find_gap
from benchmarks.answering_words import is_verbal, simplified

_LONGEST_ANSWER = 40
_OVERLAP = 5  # characters: an answer sharing so many with its question says the question's clause again

_OPENING = re.compile(
    r"^(?:(?:请问|請問|那么|那麼|试问|試問)[，,]?)?"
    r"(?:(?:文中提及|文中提到|文章提到|根据文章|根據文章|根據本文|根据本文)[，,])?"
)
_WH = re.compile(
    r"什么|谁|哪|多少|多(?=[久长大高远重宽深厚快])|何(?=[时处地人年种国物事方月日])|为何|"
    r"几(?![乎何十百千万亿内丁率微米维])"
)
_NOT_WH = re.compile(r"好几|[这那前近后数]几|任何|几何|最多(?=[久长大高])|多大(?=陆)|许多")
_ONE_DATE = re.compile(r"几年几月(?:几日)?|几月几日|何年何月")
_HARD = re.compile(
    r"[？?！!；;。\n]|还是|是否|是不是|有没有|有无|能否|可否|下列|以下哪|以下何|哪些方面|的话[，,]|吗$|为什么(?!$)|"
    r"怎|如何|何以|何者|干嘛|啥|[做干]些?什么|说了?什么|反之|^你|举例|多大程度"
)
_ENDS_OPEN = re.compile("(?:[是叫]|(?<!是)为|叫做|称作|位于|在于|来自|属于|出自|源自)$")
_OPENS_CLAUSE = re.compile("[是为即指任其他她它此该本]|[又别全原]名|[别也亦又俗简]称|名叫|担任|曾任")
_QUOTES = ("“”", "「」", "『』", "《》", "（）", "()", "【】", "〈〉", "‘’")
_PREPOSITION = re.compile(r"(?:位于|来自|因为|由于|大约|公元|西元|名为|[在于从由自被因约达叫])(?=.)")
_LIGHT = {"在", "于", "从", "自", "约", "大约", "公元", "西元"}


def state(question: str, answer: str) -> str | None:
    """A natural Chinese sentence that answers the question with the answer verbatim; None if none is sure."""
    asked = _OPENING.sub("", re.sub(r"[？?。\s]+$", "", question.strip())).removesuffix("呢")
    plain, said = simplified(asked), simplified(answer)
    if not asked or not _usable(said) or _HARD.search(plain):
        return None
    if plain.startswith("什么是"):
        return f"{asked[3:]}是{answer}。" if _is_thing(plain[3:], said) else None
    gap = _gap(plain, said)
    start = gap and _without_repeats(plain, gap.start, said)
    if gap is None or start is None or not _fits(plain, start, gap.end, said):
        return None
    before, after = asked[:start], asked[gap.end :]
    if re.search(r"[A-Za-z0-9]$", before) and re.match(r"[A-Za-z0-9]", answer):
        before += " "
    if len(after) > 1 and after.endswith("的") and not re.search("[是为]", plain):
        after = after[:-1]
    made = before + gap.form.replace("{}", answer) + after
    if start <= 1:  # "是谁发明了……"
        made = re.sub(r"^[是為为](?=.+[了的])", "", made)
    return made.strip().rstrip("，,") + "。"


def _usable(said: str) -> bool:
    """Whether an answer is short and whole, and no clause or apposition that needs a sentence of its own."""
    if not said or len(said) > _LONGEST_ANSWER or said != said.strip():
        return False
    if _OPENS_CLAUSE.match(said) or said[0] in "，,、的了" or said[-1] in "、的":
        return False
    if re.search(r"[。！？；!?;：:\n]|[，,](?!\d)", said):
        return False
    return all(said.count(pair[0]) == said.count(pair[1]) for pair in _QUOTES) and said.count('"') % 2 == 0


def _is_thing(thing: str, said: str) -> bool:
    """Whether "什么是X" asks what X is, so that the answer comes last."""
    asks_more = not thing or thing[0] in "由在被从以用" or _WH.search(thing)
    return not asks_more and not is_verbal(said) and _fits(thing, 0, 0, said)


def _gap(plain: str, said: str) -> Gap | None:
    """Where the answer goes: in place of the only wh-phrase, or at the end of a question left open."""
    found = list(_WH.finditer(_NOT_WH.sub(lambda match: "〇" * len(match.group()), plain)))
    if not found:
        return Gap(len(plain), len(plain)) if _ENDS_OPEN.search(plain) else None
    start, end = found[0].start(), found[-1].end() + 1
    if len(found) > 1 and not _ONE_DATE.fullmatch(plain, start, end):
        return None
    return find_gap(plain, start, said)


def _without_repeats(plain: str, start: int, said: str) -> int | None:
    """Where to cut when the answer repeats the word before it; None when it brings one that can't follow."""
    before = plain[:start]
    if found := _PREPOSITION.match(said):
        word = found.group()
        if before.endswith(word):
            return start - len(word)
        return start if word in _LIGHT and not before.endswith(("在", "于", "从", "自")) else None
    return None if before.endswith("约") and said.startswith(("近", "超过", "至少")) else start


def _fits(plain: str, start: int, end: int, said: str) -> bool:
    """Whether the answer says nothing that the rest of the question says already."""
    near, rest = plain[max(0, start - 6) : start], plain[:start] + "\n" + plain[end:]
    if len(said) > 2 and (said[:2] in near or said[-2:] in near):
        return False
    return not any(said[at : at + _OVERLAP] in rest for at in range(len(said) - _OVERLAP + 1))
