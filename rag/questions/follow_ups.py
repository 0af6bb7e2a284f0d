"""Whether a question leans on the conversation, told by its form alone.

What it says must be a sign of something left out: a pronoun with nothing in the question to stand for, a
question without a verb or a thing, "what about …". A question that merely could be about the same thing
stands alone: to complete it wrongly costs more than to miss one.
"""

import re

from rag.text.facts import names_of
from rag.text.language import language_of

_FIRST_WORDS = re.compile(
    r"^(?:那么?(?![种个些位款台份项条样里边儿次两几])|还有|另外|然后|所以|并且"
    r"|and(?: finally| also)?|also|then|so|but|ok(?:ay)?)"
    r"(?![a-z])[\s,，:：]*",
    re.IGNORECASE,
)

# Chinese. What follows 这 or 那 decides: a point in time or a description stands by itself.
_ZH_POINTING = re.compile(
    r"(?<![其吉])[它他她](?!人|国|乡|省)|[它他她]们"
    r"|(?<!的)[这那](?!个?(?:季度|年|月|周|星期|学期|阶段)|[一种些个][^，,？?]{0,12}的)"
    r"(?:[个些种款台份项条样里边儿位两几次]|$|是|也|还|要)"
    r"|其(?![他它余实次])|上述|前者|后者|刚才|上面(?:说|提)|前面(?:说|提)"
    r"|该(?:产品|型号|款|泵|通知|文件|规定|政策|设备|软件|部门|公司|员工|代码|版本|服务|费用)"
)
_ZH_ELLIPSIS = re.compile(
    r"呢[？?。!！\s]*$"
    r"|(?:一样|相同)[吗么嘛]?[？?\s]*$"
    r"|(?:不行|不可以|不能|可以|能|行|有|需要|是|对)[吗么嘛][？?\s]*$"
    r"|^(?:一共|总共|其中)\S|^(?:前|超过|不到|不足|满)\S(?!.*的[\u4e00-\u9fff]{2})"
    r"|^(?:为什么|为何|怎么办|多少钱?|几天|多久|什么时候|在哪里?|哪里|谁)[呢？?\s]*$"
    r"|^第?\s*\d+\s*(?:号|条|种|款|项|台|级)"
    r"|^(?:要是|如果|假如)[^，,]{0,8}怎么"
    r"|的(?:[呢吗][？?\s]*$|要(?!求)|能(?![力源])|可以|需要|怎么|[由归]谁)"
)
# A verb that stands for one that was said, however long its subject.
_ZH_ALSO = re.compile(r"(?:也|都)(?:可以|能|行|有|是|一样|要|需要|包括|适用|算|得)?[吗么嘛][？?\s]*$")
# What is always something's; alone it asks for the thing that was spoken of.
_ZH_RELATIONAL = re.compile(
    r"^(?:它?的?(?:单价|价格|价钱|售价|货期|重量|尺寸|型号|料号|地址|电话|分机号?|邮箱|运费|有效期|期限|时间|原因|"
    r"费用|标准|上限|数量|颜色|名称|编号|联系人|负责人|步骤|方法|次数|温度|功率|电压|噪音)"
    r"|(?:多重|多大|多长|多高|多贵|多快|有多[重大长高贵快远]))"
    r"(?:是|有|要|为)?(?:多少|什么|几\S|哪\S|谁|怎么\S*|多\S)?[元钱个天]?[？?\s]*$"
)

_EN_PRONOUN = re.compile(
    r"\b(?:its?|itself|they|them|their|theirs|he|she|him|his|her|hers|the (?:latter|former|others?|same)"
    r"(?= |[?.!]|$))\b",
    re.IGNORECASE,
)
# What these point at is never in the question itself.
_EN_POINTING = re.compile(
    r"\b(?:those|these)\b(?! (?:days|years))|\b(?:this|that)(?=[?.!\s]*$)"
    r"|\b(?:for|of|about|after|before|with|from|to|than|in|on|by) (?:this|that)\b"
    r"(?! (?:year|month|week|quarter|day|time))"
    r"|\b(?:this|that|which|the other|another) ones?\b|\bthe (?:\w+ )?ones?\b",
    re.IGNORECASE,
)
_EN_DEMONSTRATIVE = re.compile(
    r"^(?:(?:why |how |when |where )?(?:is|was|does|did|can|will|would|has|should|may|must) )(?:this|that)\b"
    r"(?! (?:year|month|week|quarter|day))",
    re.IGNORECASE,
)
_EN_THERE = re.compile(r"\bthere\b", re.IGNORECASE)
_EN_EXISTS = re.compile(
    r"\b(?:is|are|was|were|be|been|isn't|aren't|will|can|has|have) there\b"
    r"|\bthere(?:'s| (?:is|are|was|were|be|will|has|have|can)\b)",
    re.IGNORECASE,
)
# "it" that stands for nothing.
_EN_EXPLETIVE = re.compile(
    r"\b(?:does|did|do|will|would|can|should) it (?:take|mean|cost to|matter)\b"
    r"|\bit (?:takes?|took|costs? to)\b"
    r"|\b(?:is|was|isn't) it (?:\w+ )?(?:possible|necessary|allowed|required|true|ok|okay|safe|permitted|"
    r"advisable|normal|mandatory|forbidden|enough)\b"
    r"|\bit (?:is|'s|was) (?:\w+ )?(?:possible|necessary|allowed|required|true|permitted|mandatory)\b",
    re.IGNORECASE,
)
_EN_ELLIPSIS = re.compile(
    r"^(?:what|how) about\b|^what if\b|^(?:why|why not|how so|since when|until when|where|when|who|how many|"
    r"how much|how long|how come)[?\s]*$",
    re.IGNORECASE,
)
_EN_ALSO = re.compile(r"\b(?:as well|too|also|either)[?.!\s]*$", re.IGNORECASE)
_EN_VERB = re.compile(
    r"\b(?:is|are|was|were|am|be|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|"
    r"\w+(?:n't|'s|'re|'ve|'ll))\b",
    re.IGNORECASE,
)
# Without a verb: these ask for something of a thing that isn't said. Others may be a subject's question
# ("How many people work in Chengdu?") or words to search for.
_EN_FRAGMENT = re.compile(
    r"^(?:how (?:many|much|long|often|far|fast) )?"
    r"(?:at|in|on|for|to|from|since|until|by|under|with|of|the|an?|only|not|without)\b",
    re.IGNORECASE,
)
_EN_RELATIONAL = re.compile(
    r"^(?:what|how much|when|where|who) (?:is|are|was|were) the (?:price|cost|weight|size|address|deadline|"
    r"(?:phone |part )?number|limit|fee|reason|name|date|procedure|difference|exceptions?)[?\s]*$",
    re.IGNORECASE,
)
_EN_POSSESSIVE = frozenset({"its", "their", "his", "her"})
_EN_THING = re.compile(r"\b(?:the|a|an|my|our|your|any|some) \w+", re.IGNORECASE)
_EN_EARLIER_PART = re.compile(
    r"(?:\b(?:the|a|an|my|our|your|any|some|no) \w+|\b[a-z]{3,}s\b)"
    r".*(?:,|\b(?:and|or|but|that|if|when|after|before|because|as|than)\b)",
    re.IGNORECASE,
)
_SHORT_WORDS = 8
_SHORT_CHARACTERS = 16


def leans(question: str) -> bool:
    """Whether a question, asked within a conversation, can't be understood without what was said before."""
    text = " ".join(question.split())
    rest = _FIRST_WORDS.sub("", text)
    if not rest:
        return True
    joined = rest != text
    if language_of(text) == "zh":
        return _leans_zh(text, rest, joined)
    return _leans_en(rest, joined)


def _leans_zh(text: str, rest: str, joined: bool) -> bool:
    pointing = _ZH_POINTING.search(text)
    if pointing and not _introduced_zh(text[: pointing.start()]):
        return True
    if _ZH_ALSO.search(rest):
        return True
    if len(rest) <= _SHORT_CHARACTERS and _ZH_ELLIPSIS.search(rest):
        return True
    if joined and len(rest) <= _SHORT_CHARACTERS and not names_of(rest):
        return True
    return _ZH_RELATIONAL.search(rest) is not None or len(rest.strip("？?。！! ")) <= 2


def _introduced_zh(before: str) -> bool:
    """Whether what a pronoun may stand for is in the question itself: a name, or a clause before a comma."""
    return bool(names_of(before)) or bool(re.search(r"[^，,]{4,}[，,]", before))


def _leans_en(text: str, joined: bool) -> bool:
    words = re.findall(r"[\w'’.-]*\w", text)
    plain = _EN_EXPLETIVE.sub(" ", text)
    pronoun = _EN_PRONOUN.search(plain)
    if pronoun and not _introduced_en(plain[: pronoun.start()], pronoun.group().lower()):
        return True
    pointing = _EN_POINTING.search(text) or _EN_DEMONSTRATIVE.search(text)
    if pointing and not re.search(r"[.!?]\s", text[: pointing.start()]):
        return True
    if _EN_THERE.search(_EN_EXISTS.sub(" ", text)) or _EN_ELLIPSIS.search(text):
        return True
    if len(words) > _SHORT_WORDS:
        return False
    if _EN_ALSO.search(text) and not names_of(text):
        return True
    if joined and not names_of(text):
        return True
    if _EN_RELATIONAL.search(text):
        return True
    if _EN_VERB.search(text):
        return False
    return _EN_FRAGMENT.search(text) is not None or (len(words) <= 2 and text.endswith("?"))


def _introduced_en(before: str, pronoun: str) -> bool:
    """Whether a pronoun may stand for a name before it, or for a thing in an earlier part of the sentence."""
    if names_of(before) or _EN_EARLIER_PART.search(before):
        return True
    return pronoun in _EN_POSSESSIVE and _EN_THING.search(before) is not None
