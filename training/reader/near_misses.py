"""Near misses made from questions that are answered: one number, name or decisive word is another's.

The passage then looks as if it held the answer and doesn't: the other year, the other model, the other town,
the last in the place of the first. Cf. the plausible questions of SQuAD 2.0 (Rajpurkar et al., ACL 2018).
"""

import random
import re
from collections.abc import Iterator, Sequence

_NUMBER = re.compile(r"(?<![\d.,])\d+(?:[.,]\d+)*(?![\d.,])")
_CODE = re.compile(r"(?<![A-Za-z\d])[A-Z]{1,4}-?\d{1,5}(?![A-Za-z\d])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+(?: (?:of |the |de )?[A-Z][\w'’-]+)*")
_QUOTED = re.compile(r"[《「“]([^》」”]{2,20})[》」”]")
# Words that make another question of one, in both directions.
_OPPOSITES = (
    ("first", "last"), ("largest", "smallest"), ("highest", "lowest"), ("before", "after"), ("most", "least"),
    ("longest", "shortest"), ("oldest", "youngest"), ("earliest", "latest"), ("minimum", "maximum"),
    ("increase", "decrease"), ("begin", "end"), ("won", "lost"), ("north", "south"), ("east", "west"),
    ("father", "mother"), ("husband", "wife"), ("import", "export"), ("born", "buried"),
    ("第一", "最后一"), ("最早", "最晚"), ("最大", "最小"), ("最高", "最低"), ("最长", "最短"),
    ("之前", "之后"), ("增加", "减少"), ("上升", "下降"), ("出生", "逝世"), ("成立", "解散"),
    ("开始", "结束"), ("父亲", "母亲"), ("丈夫", "妻子"), ("东", "西"), ("南", "北"), ("进口", "出口"),
    ("赢", "输"), ("允许", "禁止"),
)  # fmt: skip


def near_miss(question: str, passage: str, names: Sequence[str], chance: random.Random) -> str | None:
    """The question with one thing exchanged that the passage has, so that the passage doesn't answer it.

    ``names``: what names of the passage's kind there are. None where the question has nothing to exchange.
    """
    found = list(_exchanges(question, passage, names, chance))
    chance.shuffle(found)
    for start, end, others in found:
        for other in others:
            if other not in passage and other not in question:
                return question[:start] + other + question[end:]
    return None


def _exchanges(
    question: str, passage: str, names: Sequence[str], chance: random.Random
) -> Iterator[tuple[int, int, list[str]]]:
    """Where something may be exchanged, and for what."""
    for match in (*_CODE.finditer(question), *_NUMBER.finditer(question)):
        if match.group() in passage:
            yield *match.span(), [_another_number(match.group(), chance) for _ in range(4)]
    for pattern, group in ((_NAME, 0), (_QUOTED, 1)):
        for match in pattern.finditer(question):
            if match.group(group) in passage and names:
                yield *match.span(group), chance.sample(names, min(8, len(names)))
    for name in names:
        at = question.find(name)
        if len(name) > 2 and at >= 0 and name in passage:
            yield at, at + len(name), chance.sample(names, min(8, len(names)))
            break
    for pair in _OPPOSITES:
        for word, other in (pair, pair[::-1]):
            bounded = rf"\b{word}\b" if word.isascii() else word
            if (said := re.search(bounded, question)) and word in passage:
                yield *said.span(), [other]


def _another_number(number: str, chance: random.Random) -> str:
    """Another number of the same form; a year near it."""
    digits = [index for index, each in enumerate(number) if each.isdigit()]
    value = int("".join(number[each] for each in digits))
    length = len(digits)
    if length == 4 and 1000 <= value <= 2100:
        other = value + chance.choice([-12, -7, -4, -3, -2, -1, 1, 2, 3, 4, 6, 11])
    else:
        other = chance.randint(10 ** (length - 1), 10**length - 1) if length > 1 else chance.randint(2, 9)
    text = list(number)
    for index, digit in zip(digits, str(other).zfill(length)[-length:], strict=True):
        text[index] = digit
    return "".join(text)
