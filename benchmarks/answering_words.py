"""What `answering_statements` knows of Chinese words: their Simplified form, measures, parts of speech."""

import logging
import re
import warnings
from functools import cache
from typing import Any

# For use within a pattern; the long ones come first, for "年" would be found in "年代".
MEASURES = (
    "平方公里|平方千米|平方米|平方英里|平方公尺|立方米|公里|千米|英里|公尺|厘米|毫米|公分|公顷|英尺|英寸|海里|公斤|千克|"
    "小时|分钟|世纪|年代|年级|个月|美元|欧元|英镑|日元|人民币|港元|"
    "[个位座家种所间部本首条支款项届名国块类级场次人年天日月岁元吨米克秒分层倍艘架辆台张只头匹颗棵株套幅篇章期集队派代任处片"
    "声票户股成枚件对组批站线号度回轮区县省州市尺里万亿字卷笔群颜洲周双面根道]"
)
# Last characters of what is something of its own, as people, places and peoples are, and bears a name.
BEARERS = (
    "人员国者家司织构市体党队会区省州县校院所军语书派族教"
    "王帝后将手袖统官士师星长父子女君侯卿主侠神城地岛镇洲站学社团字名词义"
)

# How jieba's tags begin: "nr" and "nt" are names of people and organizations.
_NOUN_TAG = re.compile("n(?![rt])|vn|an|Ng|[ljbi]")
_NAME_TAG = re.compile("n|vn|an|Ng|eng|[ljixmqsftbzkhg]")
_AFTER_NOUN_TAG = re.compile("[vdpucxwaf]|zg")
_CLAUSE_WORDS = {"是", "被", "为", "有", "因为", "因", "由于", "了", "将", "会", "可以", "能"}


def simplified(text: str) -> str:
    """The text in Simplified form, character by character, so that offsets stay."""
    return "".join(_simplified_character(char) for char in text)


def tagged(text: str) -> list[tuple[str, str]]:
    """The words of a Simplified text, each with jieba's part of speech."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of jieba's own regular expressions
        import jieba
        from jieba import posseg
    jieba.setLogLevel(logging.WARNING)
    return [(pair.word, pair.flag) for pair in posseg.cut(text)]


def is_verbal(said: str) -> bool:
    """Whether an answer has a verb or is no name or noun, so that it can't stand where a noun stood."""
    tags = tagged(re.sub(r"《[^》]*》|「[^」]*」|“[^”]*”|『[^』]*』", "名", said))
    if not _NAME_TAG.match(tags[-1][1]) or tags[0][1] in ("v", "d"):
        return True
    if any(word in _CLAUSE_WORDS for word, _ in tags):
        return True
    verbs = [at for at, (_, tag) in enumerate(tags) if tag == "v"]
    # a verb before "的" only describes the noun after it
    return bool(verbs) and all(word != "的" for word, _ in tags[verbs[-1] :])


def leading_noun(text: str) -> str:
    """The noun that a text begins with, or "" where its end is not sure."""
    taken: list[str] = []
    for word, tag in tagged(text):
        if _NOUN_TAG.match(tag) and len(taken) < 3:
            taken.append(word)
        elif _AFTER_NOUN_TAG.match(tag) or word in "，的":
            break
        else:
            return ""
    # of two nouns the second may be the clause's subject ("哪个区域犯罪率高")
    return "".join(taken) if len(taken) < 2 or taken[-1][-1] in BEARERS else ""


@cache
def _simplified_character(char: str) -> str:
    made = str(_simplifier().convert(char))
    return {"甚": "什", "麽": "么"}.get(made, made) if len(made) == 1 else char


@cache
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
