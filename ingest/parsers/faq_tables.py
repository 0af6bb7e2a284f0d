"""Question–answer pairs that stand in a table's columns or under an object's keys.

A pair's text is its question, its other phrasings on lines of their own, the answer, and what other columns
say of it as ``name: value`` lines. The other phrasings stand in the text and not beside it, so that they are
found by words as well as by meaning, and a reader sees what was found. The category goes into the heading
path.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from langchain_core.documents import Document

from ingest.normalization import normalize, normalize_line
from ingest.parsers.blocks import block
from ingest.parsers.faq import faq_block

_QUESTION = re.compile(
    r"(?:faq[ _-]?)?(?:questions?|q|query|prompt|instruction|标准问(?:题|法)?|標準問(?:題|法)?|"
    r"主?问题?|主?問題?|提问|提問|问法|常见问题|"
    r"(?:问题|問題)(?:标题|標題|描述|内容|內容)|客户问题|用户问题|question[ _-]?(?:text|title))",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:faq[ _-]?)?(?:answers?|a|response|reply|output|标准答(?:案|复)?|標準答案?|答案?|"
    r"回答|答复|答覆|回复|回覆|解答|解决方案|"
    r"(?:答案|回答)(?:内容|內容)|answer[ _-]?text)",
    re.IGNORECASE,
)
_SIMILAR = re.compile(
    r"(?:similar|other|alternative|alternate|alt|related)[ _-]?(?:questions?|phrasings?|wordings?|queries)"
    r"|(?:phrasings?|paraphrases?|variants?|variations|synonyms|utterances)"
    r"|(?:相似|近似|扩展|擴展|同义|同義|类似|類似)(?:问(?:题|法|句)?|問(?:題|法|句)?|说法|說法)|其他(?:问法|問法|说法|說法|表述)",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"(?:category|categories|topic|section|类别|類別|分类|分類|类目|類目|主题|主題|栏目|欄目)", re.IGNORECASE
)
_NUMBER = re.compile(r"[\s_.#（(]*\d{0,3}[)）]?$")  # "相似问1", "phrasing_2"
_BETWEEN_PHRASINGS = re.compile(r"\n|\|+|[;；]")


class PairColumns(NamedTuple):
    """Which columns hold what."""

    question: int
    answer: int
    similar: tuple[int, ...]
    category: int | None


def pair_columns(names: Sequence[str]) -> PairColumns | None:
    """The columns of a table of questions and answers by their names, or None if it is none."""
    bare = [_NUMBER.sub("", normalize_line(name)) for name in names]
    question = _column(_QUESTION, bare)
    answer = _column(_ANSWER, bare)
    if question is None or answer is None:
        return None
    similar = tuple(number for number, name in enumerate(bare) if _SIMILAR.fullmatch(name))
    return PairColumns(question, answer, similar, _column(_CATEGORY, bare))


def pair_table(
    rows: Iterable[Sequence[str]],
    columns: PairColumns,
    names: Sequence[str],
    *,
    heading: tuple[str, ...] = (),
) -> Iterator[Document]:
    """One block a pair, in the rows' order. A question without an answer, or the reverse, is prose.

    Rows that follow each other with the same question and no other answer are one pair's further phrasings.
    """
    pair: list[str] = []
    phrasings: list[str] = []
    for row in rows:
        row = [normalize(cell) for cell in row] + [""] * (len(names) - len(row))
        question, answer = row[columns.question], row[columns.answer]
        more = _phrasings(row, columns)
        if (
            pair
            and more
            and question in ("", pair[columns.question])
            and answer in ("", pair[columns.answer])
        ):
            phrasings += more
            continue
        if pair:
            yield _pair_block(pair, phrasings, columns, names, heading)
        pair, phrasings = row, more
    if pair:
        yield _pair_block(pair, phrasings, columns, names, heading)


def _pair_block(
    row: Sequence[str],
    phrasings: list[str],
    columns: PairColumns,
    names: Sequence[str],
    heading: tuple[str, ...],
) -> Document:
    question, answer = row[columns.question], row[columns.answer]
    category = normalize_line(row[columns.category]) if columns.category is not None else ""
    heading = (*heading, category) if category and category not in heading else heading
    told = {columns.question, columns.answer, columns.category, *columns.similar}
    rest = [
        f"{normalize_line(name)}: {normalize_line(cell)}" if name else normalize_line(cell)
        for number, (name, cell) in enumerate(zip(names, row, strict=False))
        if cell and number not in told
    ]
    rest += [normalize_line(cell) for cell in row[len(names) :] if cell]
    others = [each for each in dict.fromkeys(phrasings) if each != normalize_line(question)]
    if question and answer:
        return faq_block(question, answer, phrasings=others, more=rest, heading=heading)
    return block("prose", "\n".join(filter(None, [question, *others, answer, *rest])), heading=heading)


def _phrasings(row: Sequence[str], columns: PairColumns) -> list[str]:
    pieces = [piece for number in columns.similar for piece in _BETWEEN_PHRASINGS.split(row[number])]
    return [phrasing for piece in pieces if (phrasing := normalize_line(piece))]


def _column(pattern: re.Pattern[str], names: Sequence[str]) -> int | None:
    return next((number for number, name in enumerate(names) if pattern.fullmatch(name)), None)
