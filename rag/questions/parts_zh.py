"""Rules for Chinese questions that ask two things."""

import re

_QUESTION = re.compile(
    r"多少|多[久长大高重远快深宽厚]|几|什么|怎么|怎样|如何|哪|谁|何时|何地|为何|是否|能否|可否|有没有"
    r"|([是能会要用需可])不\1|吗$|呢$"
)
_INDEFINITE = re.compile(
    r"(?:什么|谁|哪[^，]{0,2}|怎么[^，]{0,4}|几[^，]{0,2})(?:都|也)|(?:无论|不管)[^，]*|好几|几乎"
)
_TAG = re.compile(  # asks nothing by itself
    r"(?:那|又|该|应该|应|这|这是|是)?(?:怎么办|怎么回事|为什么|怎么处理|怎么解决|如何处理|如何解决|什么原因|什么意思"
    r"|对吗|是吗|好吗|可以吗|行吗|对不对|是不是|能不能|可以|呢)(?:呢|呀|啊)?"
)
_BOUNDARY = re.compile(r"[，,；;？?。！!\n]+\s*|\s+(?=以及|另外|还有)|(?<=[^，,；;？?。！!\s])(?=以及|另外)")
_CONNECTIVE = re.compile(
    r"^(?:以及|另外|还有|同时|并且|而且|此外|还想问一下|还想知道|再问一下|顺便问一下|那么|那|和)[，,：:\s]*"
)
_POLITE = re.compile(r"^(?:请问|请教一下|请教|麻烦问一下|你好|您好|想问一下|问一下)[，,：:\s]*")
_UNFINISHED = re.compile(r"(?:如何|怎么|怎样|何时|何地|为何|为什么)$")  # "如何以及何时进入": one predicate
_BARE = re.compile(  # how a clause begins that leaves its subject to the clause before
    r"^(?:又|该|应该|应|要)?(?:怎么|如何|怎样|多久|多少钱|多重|多大|多长|有多|有哪些|有什么|有几|是什么|是谁|是多少|能不能"
    r"|可不可以|可以|能|在哪|什么时候|何时|为什么)"
)
_VERB_END = re.compile(r"(?:一共|现在|应该|需要|可以|大概|最多|至少|[有是要能在会需由为叫])+$")
_PRONOUN = re.compile(r"它们|它(?:的)?|该产品|这个产品|这款产品")
_LONGEST_SUBJECT = 20

_AND = re.compile(
    r"\s*(?:、|以及|(?<![总共饱温柔缓随附调中])和(?![平谐解睦气服])|(?<![参给授赋])与(?![会否])|(?<![参以涉普提顾])及(?![时格其])"
    r"|跟(?![踪进着随]))\s*"
)
_EACH = re.compile(r"\s*(?:分别|各自|各(?=是|为|有|要|需|占|由|卖|在|多|几))\s*(?:都)?\s*")
_GOING = re.compile(r"^(去|到|在|从|给|对|往|向)")

_NOT_THAN = r"(?<![相对占环同百分性价评攀无好])"
_ADJECTIVE = (
    r"(?:贵|便宜|重|轻|大|小|长|短|高|低|快|慢|多|少|早|晚|新|旧|好|差|远|近|强|弱|厚|薄|宽|窄|深|浅"
    r"|老|年轻|耐用|安静|吵|省电|先|久)"
)
_THAN = re.compile(
    rf"^(?P<one>[^比]+?){_NOT_THAN}比(?![例如赛賽较較亚亞重方特分价價喻利数數率值一])"
    rf"(?:\s*(?P<code>[A-Za-z]+[-\s]?\d+\w*)(?P<follows>\s*[^的]{{0,6}}?{_ADJECTIVE}.*)"
    rf"|(?P<other>.*?\S)(?P<rest>\s*(?:每[天晚月年次个台小时]+|更|还|要|是否|是不是)*{_ADJECTIVE}.*))$"
)
_NO_OTHER = re.compile(r"^(?:平时|以前|之前|预期|原来|正常|一般|规定|计划|别|其他|其它|往年|过去|上次|\d)")
_WHICH = re.compile(
    rf"^(?P<both>.+?)[，,\s]*(?:相比)?(?:哪一?[个款种家所台边者样本部]|谁)(?P<rest>的?[^，,]{{0,8}}?(?:更|比较|{_ADJECTIVE}).*)$"
)
_DIFFERENCE = re.compile(
    r"(?:之间)?(?:(?:的|有什么|有何|有哪些|有没有|有多大|具体|主要|[两三几]个)*(?:区别|不同|差别|差异)|的分别)(?:是什么|是|在哪里|在哪儿|在哪|有哪些|有多大|在于什么|吗|呢)*$"
)


def split_chinese(text: str) -> list[str]:
    """The question's parts by the first rule that fits, or nothing."""
    text = _POLITE.sub("", text).rstrip("？?。！! ")
    return _clauses(text) or _compared(text) or _coordinated(text)


def _clauses(text: str) -> list[str]:
    """Clauses that each ask something; a clause that asks nothing belongs to the one it introduces."""
    parts: list[str] = []
    waiting: list[str] = []
    for clause in (each for each in _BOUNDARY.split(text) if each and each.strip()):
        clause = clause.strip()
        bare = _CONNECTIVE.sub("", clause) if parts else clause
        if not _asks(bare):
            (waiting if not parts else []).append(clause)
            if parts:
                parts[-1] += f"，{clause}"
            continue
        if parts and _TAG.fullmatch(bare):
            parts[-1] += f"，{clause}"
            continue
        parts.append("，".join([*waiting, _with_subject(bare, parts)]))
        waiting = []
    return parts if len(parts) > 1 and not _UNFINISHED.search(parts[0]) else []


def _asks(clause: str) -> bool:
    return _QUESTION.search(_INDEFINITE.sub("", clause)) is not None


def _with_subject(clause: str, before: list[str]) -> str:
    if not before:
        return clause
    subject = _subject(before[0])
    if not subject:
        return clause
    if found := _PRONOUN.search(clause):
        owner = "的" if found[0].endswith("的") else ""
        return _joined(clause[: found.start()], _joined(subject, owner + clause[found.end() :]))
    return _joined(subject, clause) if _BARE.match(clause) else clause


def _joined(one: str, other: str) -> str:
    """One after the other, apart where a word in letters or a number ends or begins."""
    apart = (one[-1:].isascii() and other[:1] != "的") or (other[:1].isascii() and not other[:1].isspace())
    return f"{one} {other}" if one and other and apart and not one[-1].isspace() else one + other


def _subject(clause: str) -> str:
    """What a clause asks about: what is before its question word; of "P100 的价格", the owner."""
    asked = _QUESTION.search(clause)
    before = clause[: asked.start()].rpartition("，")[2] if asked else ""
    subject = _VERB_END.sub("", before.strip()).strip()
    if "的" in subject:
        subject = subject.rpartition("的")[0].strip()
    return subject if len(subject) <= _LONGEST_SUBJECT else ""


def _coordinated(text: str) -> list[str]:
    each = _EACH.search(text)
    if each is None or each.start() == 0:
        return []
    rest = text[each.end() :]
    return [_joined(item, rest) for item in _conjuncts(text[: each.start()])]


def _compared(text: str) -> list[str]:
    if found := _DIFFERENCE.search(text):  # before "分别" is taken for "respectively"
        return _conjuncts(text[: found.start()])
    if found := _WHICH.match(text):
        both = found["both"].replace("还是", "和")
        return [_joined(item, found["rest"].removeprefix("的")) for item in _conjuncts(both)]
    if (found := _THAN.match(text)) and not _NO_OTHER.match((found["code"] or found["other"]).strip()):
        context, comma, one = found["one"].rpartition("，")
        other, rest = (found["code"] or found["other"]).strip(), found["follows"] or found["rest"]
        if "，" in rest or _asks(one) or not _asks(rest):
            return []
        if "的" in one and "的" not in other:
            other += "的" + one.rpartition("的")[2].strip()
        return [f"{context}{comma}{_joined(each.strip(), rest.strip())}" for each in (one, other)]
    return []


def _conjuncts(text: str) -> list[str]:
    """What is coordinated, each with what they share: "A和B的价格" is "A的价格" and "B的价格"."""
    context, comma, text = text.rpartition("，")
    items = list(_AND.split(text))
    if not 2 <= len(items) <= 4 or not all(items):
        return []
    *others, last = items
    if going := _GOING.match(others[0]):
        others[0] = others[0][going.end() :]
        start = _shared_from(last)
        last, shared = last[:start], last[start:]
        items = [going[0] + _joined(item, shared) for item in (*others, last)]
    elif "的" in last and "的" not in others[0]:
        name = last.partition("的")[0].rstrip()
        items = [*(f"{item}{last[len(name) :]}" for item in others), last]
    elif "的" in others[0] and "的" not in last:
        owner = others[0][: others[0].rindex("的") + 1]
        items = [others[0], *(_joined(owner, item) for item in items[1:])]
    return [f"{context}{comma}{item}" for item in items]


def _shared_from(text: str) -> int:
    """Where a place's name ends: at the next word that isn't part of it."""
    found = re.search(r"出差|开会|培训|的|工作|办事|\s", text[1:])
    return found.start() + 1 if found else len(text)
