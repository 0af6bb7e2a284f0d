"""Whether a question leans on the conversation, told by its form alone.

What it says must be a sign of something left out: a pronoun with nothing in the question to stand for, an
ellipsis, or few words and no name. A question that merely could be about the same thing stands alone: to
complete it wrongly costs more than to miss one.
"""

import re

from rag.text.facts import names_of
from rag.text.language import language_of

_JOINING = re.compile(
    r"^(?:那么?(?![种个些位款里边儿次两几])|还有|另外|然后|所以|(?:and|also|then|so|but)(?![a-z]))[\s,，:：]*",
    re.IGNORECASE,
)
_ZH_PRONOUN = re.compile(
    r"[它他她]们|(?<![其吉])[它他她](?![人国乡省])|上述|前者|后者|刚才|[这那](?=是|也|还|要|[？?]|$)"
    r"|(?<!的)[这那][个些种款里边位两几](?!季度|月|星期|阶段|[^，,？?]{1,12}的)"
)
_EN_PRONOUN = re.compile(
    r"\b(?:its?|they|them|theirs?|he|she|him|his|hers?|those|these|the (?:others?|same|former|latter)"
    r"|(?:this|that|which|the(?: \w+)?) ones?|(?:this|that|(?<!are )(?<!is )(?<!were )there)(?=[?.!\s]*$)"
    r"|^(?:is|was|does|did|can|may|must|will|has) (?:this|that)"
    r"|(?:for|of|about|after|before|with|from|to|than|in|on) (?:this|that)(?! (?:year|month|day|time)))\b",
    re.IGNORECASE,
)
_EMPTY_IT = re.compile(  # "it" that stands for nothing
    r"\bit (?:takes?|costs? to|matters?|means?)\b|\b(?:is it|it is) (?:possible|necessary|allowed|required)",
    re.IGNORECASE,
)
_ZH_EARLIER = re.compile(r"[^，,]{4,}[，,]")  # what a pronoun may stand for: a clause before it
_EN_EARLIER = re.compile(
    r"\b(?:the|an?|my|our|your|any|some|[a-z]{2,}s) \w+.*(?:,|\b(?:and|or|but|if|when)\b)", re.IGNORECASE
)
_EN_OWNER = re.compile(r"\b(?:the|an?|my|our|your|any|some) \w+", re.IGNORECASE)  # of "its", in any clause
_ZH_ELLIPSIS = re.compile(
    r"呢[？?。！!\s]*$|(?:也|都|一样|相同)(?:可以|能|行|有|是|要|需要|算)?[吗么嘛]?[？?\s]*$"
    r"|^(?:为什么|怎么办|多少钱?|多久|什么时候|在?哪里?|谁)[？?\s]*$|^(?:一共|其中|超过|不到|满)(?!.*的\S)"
    r"|的(?:要(?!求)|能(?![力源])|可以|需要|怎么)"
)
_EN_ELLIPSIS = re.compile(
    r"^(?:what|how) about\b|^what if\b|\b(?:as well|too|either)[?.!\s]*$"
    r"|^(?:why|where|when|who|how (?:many|much|long))[?\s]*$"
    r"|^(?:how (?:many|much|long) )?(?:at|in|on|for|to|from|since|until|by|with|without|of|the|an?|only)\b"
    r"(?!.*\b(?:is|are|was|were|do|does|did|can|may|must|should|will|has|have)\b)(?:\W+\w+){0,5}\W*$",
    re.IGNORECASE,
)
_ZH_SHORT = re.compile(
    r"^(?:[\u4e00-\u9fff]{2,4}是(?:多少|什么|谁)|多[重大长高贵快远]|.{1,2}"
    r"|.{0,9}(?:可以|能|行|需要|是|对)[吗么嘛])[？?\s]*$"
)
_EN_SHORT = re.compile(
    r"^(?:what|how much|when|who) (?:is|are|was|were) the \w+[?\s]*$|^\w+(?: \w+)?\?$", re.IGNORECASE
)
_FEW = {True: 16, False: 40}  # characters of a Chinese or English question that goes on with "and"


def leans(question: str) -> bool:
    """Whether a question, asked within a conversation, can't be understood without what was said before."""
    text = " ".join(question.split())
    rest = _JOINING.sub("", text)
    chinese = language_of(text) == "zh"
    plain = text if chinese else _EMPTY_IT.sub(" ", text)
    pronoun = (_ZH_PRONOUN if chinese else _EN_PRONOUN).search(plain)
    if pronoun and not _introduced(plain[: pronoun.start()], pronoun[0].lower(), chinese=chinese):
        return True
    if (_ZH_ELLIPSIS if chinese else _EN_ELLIPSIS).search(rest):
        return True
    if names_of(rest):
        return False
    joined = rest != text and len(rest) <= _FEW[chinese]
    return joined or not rest or (_ZH_SHORT if chinese else _EN_SHORT).search(rest) is not None


def _introduced(before: str, pronoun: str, *, chinese: bool) -> bool:
    """Whether what a pronoun may stand for is in the question itself, before it."""
    if names_of(before) or (_ZH_EARLIER if chinese else _EN_EARLIER).search(before):
        return True
    return pronoun in ("its", "their", "his", "her") and _EN_OWNER.search(before) is not None
