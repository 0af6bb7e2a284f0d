"""Questions that ask several things: taken apart at the clauses that each ask something.

A question taken apart wrongly is searched worse than one left whole, so only a clause that plainly is a
question by itself is a part; doubt leaves the question whole.
"""

import re

from rag.questions.follow_ups import leans
from rag.text.language import language_of

MOST_PARTS = 4
_LONGEST = 300  # characters; what is longer is a pasted text
_END = " \t\r\n?？。.!！;；,，、"

_ZH_BOUNDARY = re.compile(
    r"[，,；;？?。！!]+\s*(?:以及|另外|还有|同时|那么?)?[，,]?|\s*(?:以及|另外|还有)[，,]?"
)
_ZH_ASKS = re.compile(
    r"多[少久长大高重远快]|几(?!乎)|什么(?![都也])|怎么(?![都也])|怎样|如何|哪(?!.?[都也])|谁(?![都也])|何时|为何|是否|能否|有没有"
    r"|([是能会要用需可])不\1|[吗呢]$"
)
_ZH_TAG = re.compile(  # asks nothing by itself
    r"[^，]{0,3}(?:怎么办|怎么回事|为什么|(?:怎么|如何)(?:处理|解决)|什么(?:原因|意思)|[对是好行]吗|可以吗)"
)
_ZH_UNFINISHED = re.compile(r"(?:如何|怎么|何时|为何|为什么)$")

_EN_BOUNDARY = re.compile(
    r"[?;]\s*(?:(?:and|also|but)\b,?\s*)?|,?\s+(?:and|also|but)(?:\s+also)?,?\s+", re.IGNORECASE
)
_EN_VERB = r"(?:do|does|did|is|are|was|were|can|could|may|must|should|will|would|has|have|had)\b"
_EN_SUBJECT = r"(?:i|we|you|it|they|he|she|there|the|an?|my|our|your|their|this|that)\b"
_EN_ASKS = re.compile(
    rf"(?:(?:in|on|at|for|to|by|from|of|with)\s+)?(?:what|whom?|where|when|why|how|which(?!\s+{_EN_VERB}))"
    rf"\s+(?!{_EN_SUBJECT}|to\b)\S+\s+\S",
    re.IGNORECASE,
)
_EN_INVERTED = re.compile(rf"{_EN_VERB}\s+{_EN_SUBJECT}\s+\S", re.IGNORECASE)


def split_question(question: str) -> tuple[str, ...]:
    """The parts of a question that asks two to four things, or () where it asks one.

    Each part is a clause of the question that stands alone. What has several lines is left whole: it is a
    follow-up below what it leans on, or a text.
    """
    text = " ".join(question.split())
    language = language_of(text)
    if len(text) > _LONGEST or "\n" in question.strip() or language not in ("zh", "en"):
        return ()
    boundary, ends = (_ZH_BOUNDARY, _ends_zh) if language == "zh" else (_EN_BOUNDARY, _ends_en)
    parts, start = [], 0
    for found in boundary.finditer(text):
        before, after = text[start : found.start()], text[found.end() :]
        if ends(before, found[0], after) and not leans(after):
            parts.append(before)
            start = found.end()
    parts = list(dict.fromkeys(each.strip(_END) for each in (*parts, text[start:])))
    return tuple(parts) if 2 <= len(parts) <= MOST_PARTS and all(parts) else ()


def _ends_zh(before: str, boundary: str, after: str) -> bool:
    """Whether one question ends at the boundary and another begins."""
    clause = after if re.search("[？?；;]", boundary) else re.split("[，,；;？?。！!]", after)[0]
    asked = _ZH_ASKS.search(before) and not _ZH_UNFINISHED.search(before)
    return bool(asked and _ZH_ASKS.search(clause) and not _ZH_TAG.fullmatch(clause.strip(_END)))


def _ends_en(before: str, boundary: str, after: str) -> bool:
    inverted = _EN_INVERTED.match(after) and re.search("[?;,]", boundary)
    return bool(
        (_EN_ASKS.match(before) or _EN_INVERTED.match(before)) and (_EN_ASKS.match(after) or inverted)
    )
