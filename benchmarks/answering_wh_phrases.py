"""How far the wh-phrase of a Chinese question goes: "哪家公司" as a whole, "多少人" without its "人".

Each kind of phrase has its rules: when, where, who, how many, how long, which. They look at the question and
the answer in Simplified form, and give up, by None, where the answer doesn't suit the phrase or the phrase's
end isn't sure: a question left out costs less than a sentence that nobody would say.
"""

import re
from typing import NamedTuple

from benchmarks.answering_words import BEARERS, MEASURES, is_verbal, leading_noun, tagged

_WHEN = re.compile(
    r"(?:什么|哪个|哪一个|何)(?:时候|时间|时刻|年份|年代|世纪)|何时|何年何月|何[年月日]|几年几月(?:几日)?|几月几日|"
    r"哪一?[年天日](?!级|代)|哪一?个?(?:年份|年代|世纪|时期|朝代)|(?<=[元在于是])几年"
)
_WHERE = re.compile(r"哪$|哪[里儿边]|何[处地](?!理)|(?:什么|哪个|哪些|哪一个)(?:地方|地点|位置)")
_WHO = re.compile(
    r"谁|何人|(?:什么|哪个|哪一个|哪些|哪几个)人(?![员类种工口物民群士才])(?!为)|哪一?位(?=[是为？]|$)"
)
_WHICH = re.compile(rf"哪[一两二三四五几些]?(?:{MEASURES})?|什么|何(?=[种国物事])种?")

_TIME = re.compile(r"[\d年月日代期朝季末初春夏秋冬时夜晨战]|世纪|去世|[前后]$")
_NUMBER = re.compile(
    r"(?:大?约|[将接]?近|超过|至少|达|逾)?\s*第?"
    r"(?:[\d,，.．]+\s*(?:[-~～至到–—]\s*[\d,.]+\s*)?[十百千万亿]*|[零一二三四五六七八九十百千万亿两]+)[多余]?\s*"
)
_MEASURE = re.compile(MEASURES)
_LENGTHS_END = (*"米里尺吨克斤寸", "公分")
_ASKS_NAME = re.compile("的(?:简称|全称|名字|名称|别名|学名|原名|首都|作者|职业|前身|本名)$")
_VAGUE = re.compile(
    "(?:特点|特征|特色|特性|作用|功能|影响|区别|不同|差别|差异|好处|坏处|意义|变化|意思|关系|伤害|优点|缺点|优势|"
    "用途|反应|情况|结果|后果|态度|看法|问题|贡献|方式|理由|待遇|成就|方法|表现|条件|要求|措施|举动|行为|行动|规定|原则)$"
)
_QUALITIES = {"性质", "程度", "颜色", "国籍", "性格", "比例"}
_ACTIVITIES = ("研究", "活动", "工作", "训练", "实验", "测试", "政策")


class Gap(NamedTuple):
    """The stretch of a question that its answer replaces, and the form that the answer takes there."""

    start: int
    end: int
    form: str = "{}"


def find_gap(plain: str, start: int, said: str) -> Gap | None:
    """The gap for the wh-phrase that starts there."""
    if found := _WHEN.match(plain, start):
        return _when(plain, start, found.end(), said)
    if found := _WHERE.match(plain, start):
        return _where(plain, start, found.end(), said)
    if found := _WHO.match(plain, start):
        return _who(plain, start, found.end(), said)
    if plain.startswith("多少", start):
        return _how_many(plain, start, start + 2, said)
    if plain.startswith("几", start):
        return _how_many(plain, start, start + 1, said)
    if plain.startswith("多", start):
        return _how_long(plain, start, said)
    if plain.startswith("为何", start):
        last = len(plain) == start + 2
        return Gap(start + 1, start + 2) if last and not said.startswith("因") else None
    return _which(plain, start, said)


def _when(plain: str, start: int, end: int, said: str) -> Gap | None:
    if not _TIME.search(said) or (is_verbal(said) and not said.endswith(("时", "后", "前", "时候"))):
        return None
    if plain[:start].endswith("是") and "的" in plain[end:] and not plain.endswith("的"):
        return None  # "是何时签署的条约": the time would be what the thing is
    bare = re.fullmatch(r"(?:公元|西元)?前?\d{3,4}", said)
    if said.isdecimal() and not bare:
        return None
    if plain.startswith("点", end):
        end += 1
    form = "{}年" if bare and not plain.startswith("年", end) else "{}"
    bound = start == 0 or plain[start - 1] in "是为在于从自到至以由用离距，, 、前后" or said[0] in "在于自从"
    if not bound and end < len(plain) and plain[end] not in "的，":
        form = "在" + form
    return Gap(start, end, form)


def _where(plain: str, start: int, end: int, said: str) -> Gap | None:
    if is_verbal(said) or re.search(r"\d{3}", said):
        return None
    alone = start == 0 or plain[start - 1] in "，,"
    lacks = alone and not plain.startswith(tuple("是为有的被"), end) and said[0] not in "在于从"
    return Gap(start, end, "在{}" if lacks else "{}")


def _who(plain: str, start: int, end: int, said: str) -> Gap | None:
    # "谁的父亲" isn't answered by another father
    same_kin = plain.startswith("的", end) and said[-1] in plain[end + 1 : end + 3]
    return None if same_kin or is_verbal(said) else Gap(start, end)


def _how_many(plain: str, start: int, end: int, said: str) -> Gap | None:
    if plain[:start].endswith("百分之"):
        if re.fullmatch(r"[\d.]+\s*[%％]|百分之\S+", said):
            return Gap(start - 3, end)
        return Gap(start, end) if re.fullmatch(r"[\d.]+|[一二三四五六七八九十点]+", said) else None
    if said.startswith("第"):
        if not plain[:start].endswith("第"):
            return None
        start -= 1
    number = _NUMBER.match(said)
    if not number:
        return None
    tail, rest = said[number.end() :], plain[end:]
    if rest.startswith("钱"):
        return Gap(start, end + 1) if 1 <= len(tail) <= 4 else None
    if not rest:
        counted = plain[:start].endswith(tuple("是为达有至到过于"))
        return Gap(start, end) if counted or (tail and not is_verbal(tail)) else None
    if not tail:
        return Gap(start, end) if _MEASURE.match(rest) else None
    if rest.startswith(tail):
        return Gap(start, end + len(tail))
    if not _MEASURE.fullmatch(tail):
        return None
    if rest == "个" and tail not in ("人", "年", "岁"):
        return Gap(start, len(plain))
    return None if _MEASURE.match(rest) or rest[0] in "是为的了，" else Gap(start, end)


def _how_long(plain: str, start: int, said: str) -> Gap | None:
    if not said.startswith("每") and not _NUMBER.match(said):
        return None
    kind, rest = plain[start + 1], plain[start + 2 :]
    if kind == "久":
        if "一次" in rest:
            return Gap(start, start + 2) if said.startswith("每") and "次" not in said else None
        fits = not rest or re.match(r"[了之后前]|时间$|的时间", rest)
        end = start + (4 if rest.startswith("时间") else 2)
        return Gap(start, end) if fits and re.search(r"[年月日天周]|小时|分钟|世纪", said) else None
    if kind == "长" and rest.startswith("时间"):
        known = rest == "时间" and re.search(r"[年月日天秒周]|小时|分钟", said)
        return Gap(start, start + 4) if known else None
    # "长" stays: "有多长" becomes "有320米长"
    kinds = "长高远重宽深厚" if plain[:start].endswith("有") else "" if rest else "长高重宽深"
    return Gap(start, start + 1) if kind in kinds and said.endswith(_LENGTHS_END) else None


def _which(plain: str, start: int, said: str) -> Gap | None:
    found = _WHICH.match(plain, start)
    if not found:
        return None
    end, wh = found.end(), found.group()
    before, rest = plain[:start], plain[end:]
    if is_verbal(said) and (rest or not before.endswith(("是", "为"))):
        return None
    if not rest:
        return None if _ASKS_NAME.search(before) else Gap(start, end)
    if wh == "什么" and rest[0] in "，的":
        return Gap(start, end)
    if kinds := re.match(r"(?:种类|类型|样|类|种|样子|形式|性质)?的", rest):
        noun = leading_noun(rest[kinds.end() :])
        fits = noun and (said.endswith(noun) or noun.endswith(said[-2:]))
        return Gap(start, end + kinds.end() + len(noun)) if fits else None
    if wh == "什么" and rest.startswith(("样", "类型", "种类")):
        return None
    noun = leading_noun(rest)
    if not noun:
        # "哪个是……": the answer alone stands for a thing; "什么" before a verb likewise
        return Gap(start, end) if rest[0] in "是为被导引使让" and "些" not in wh else None
    return _which_noun(plain, start, end, noun, said)


def _which_noun(plain: str, start: int, end: int, noun: str, said: str) -> Gap | None:
    """The gap of a wh-word with a noun, which goes too, unless the answer says only its number or rank."""
    before, wh = plain[:start], plain[start:end]
    if (
        noun in _QUALITIES
        or _VAGUE.match(noun)
        or ("有" in before[-2:] and _VAGUE.search(noun))
        or (noun.endswith(_ACTIVITIES) and re.search(r"进行|从事|展开|开始", before))
        or ("位" in wh and before.endswith("的"))
        or before.endswith(("选手", "球员"))
    ):
        return None
    if noun[-1] not in BEARERS and {tag for _, tag in tagged(said)} == {"nr"}:
        return None  # "什么城墙" and a person's name: the noun would have to stay
    measure = wh.lstrip("哪什么何一两二三几些")
    if (
        (measure and measure in "级国队任届代派县省州市年号" and said.endswith(measure))
        or (noun in ("方面", "领域") and not said.endswith(noun))
        or re.fullmatch(rf"第.+(?:{MEASURES})", said)
    ):
        return Gap(start, end)
    stop = end + len(noun)
    if plain.startswith("的", stop):
        owned = leading_noun(plain[stop + 1 :])
        if owned and said.endswith(owned[-2:]):
            return Gap(start, stop + 1 + len(owned))
        if re.search(r"版本|形状|颜色|形式|程度|阶段|性质|风格", noun):
            return None
    return Gap(start, stop)
