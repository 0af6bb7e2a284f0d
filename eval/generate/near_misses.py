"""Questions that look answerable and aren't: one identifying word replaced by one that no document has.

A question about error E04 becomes one about E09, where "E09" stands nowhere in the knowledge base and the
question's other words do. Nothing can be said there of what isn't named, so the right answer is a refusal.

Limits: documents can answer for what they don't name, by a rule ("all other codes"), a range, or a
description that the question keeps beside the code ("CBP-2219, the drive belt"). So quantities are left
alone, years are only replaced by earlier ones (a rule "in force from 2026" holds in 2027), and a look over
the questions is worth while. Of names only well-known places are replaced: what takes a name's place must be
its like.
"""

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from rag.knowledge_base import Contents, View

_CODE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,6}[-_/ ]?\d{1,6}(?![A-Za-z0-9%])")
_YEAR = re.compile(r"(?<![\d.,A-Za-z-])(?:19|20)\d\d(?![\d.,]\d|\d|[A-Za-z])")
_VERSION = re.compile(
    r"(?:(?:version|release|firmware|revision|v\.?|版本|固件|第)\s?|(?<=[A-Za-z]{4})\s)(\d{1,2}\.\d{1,2})(?![\d.]\d|\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:\b(?:No\.|room|extension|gate|section|chapter)|分机|房间)\s?(\d{2,6})(?!\d)", re.IGNORECASE
)
_LISTED = re.compile(r"\b(?:and|or|nor)\b|[,/&、，和与及或]", re.IGNORECASE)
_SPACED_CODE = re.compile(r"[A-Z]+ \d+")  # "E 04", not "on 14"
_PLACES = tuple(
    zip(
        [
            "Denmark",
            "Norway",
            "Portugal",
            "Austria",
            "Hungary",
            "Brazil",
            "Mexico",
            "Canada",
            "India",
            "Thailand",
            "Vietnam",
            "Indonesia",
            "Japan",
            "Singapore",
            "Malaysia",
            "Germany",
            "France",
            "Italy",
            "Spain",
            "Shanghai",
            "Beijing",
            "Guangzhou",
            "Shenzhen",
            "Suzhou",
            "Chengdu",
            "Wuhan",
            "Xiamen",
            "Qingdao",
            "Kunming",
            "Harbin",
            "London",
            "Paris",
            "Berlin",
            "Vienna",
            "Oslo",
            "Lisbon",
        ],
        [
            "丹麦",
            "挪威",
            "葡萄牙",
            "奥地利",
            "匈牙利",
            "巴西",
            "墨西哥",
            "加拿大",
            "印度",
            "泰国",
            "越南",
            "印度尼西亚",
            "日本",
            "新加坡",
            "马来西亚",
            "德国",
            "法国",
            "意大利",
            "西班牙",
            "上海",
            "北京",
            "广州",
            "深圳",
            "苏州",
            "成都",
            "武汉",
            "厦门",
            "青岛",
            "昆明",
            "哈尔滨",
            "伦敦",
            "巴黎",
            "柏林",
            "维也纳",
            "奥斯陆",
            "里斯本",
        ],
        strict=True,
    )
)
_COUNTRIES = 19  # of the places, the first
_CANDIDATES = 6  # of a word
_SEPARATORS = ("", "-", " ", "_", "/")


@dataclass(frozen=True, slots=True)
class Replacement:
    """A word of a question (code points into it) and what might take its place."""

    start: int
    end: int
    word: str
    candidates: tuple[str, ...]


def near_misses(
    records: Sequence[Mapping[str, Any]], view: View, seed: int
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any] | None]]:
    """Each answerable question, in an order drawn with the seed, with the near miss made from it, or None.

    Args:
        records: generated questions, lines of their file.
        view: of where they come from; every stored text is looked through once.
        seed: decides which word is replaced, and by what.
    """
    drawn = sorted(records, key=lambda each: str(each["id"]))
    random.Random(seed).shuffle(drawn)
    replacements = {
        str(each["id"]): _replacements(each["text"], random.Random(f"{seed}/{each['id']}")) for each in drawn
    }
    wanted = {candidate for found in replacements.values() for each in found for candidate in each.candidates}
    absent = _absent(wanted, _texts(view))
    for record in drawn:
        with view.contents() as contents:
            made = _near_miss(record, replacements[str(record["id"])], absent, contents)
        yield record, made


def _near_miss(
    record: Mapping[str, Any],
    replacements: Sequence[Replacement],
    absent: set[str],
    contents: Contents,
) -> dict[str, Any] | None:
    text = str(record["text"])
    known = _known_terms(record, contents)
    for each in replacements:
        if _is_one_of_several(each, replacements, text):
            continue  # the others could still be answered for
        rest = set(contents.analyzer.content_terms(f"{text[: each.start]} {text[each.end :]}"))
        if not rest & known:
            continue
        for candidate in each.candidates:
            if candidate in absent:
                return {
                    "text": text[: each.start] + candidate + text[each.end :],
                    "lang": record["lang"],
                    "answers": [],
                    "sources": [],
                    "page": None,
                    "answerable": False,
                    "kind": "near-miss",
                    "near_doc": record["sources"][0],
                    "made_from": record["id"],
                    "replaced": [each.word, candidate],
                }
    return None


def _is_one_of_several(one: Replacement, all_of_them: Sequence[Replacement], text: str) -> bool:
    """Whether the question lists the word with others: "the P200 and the S10"."""
    return any(
        _LISTED.search(text[min(one.end, other.end) : max(one.start, other.start)]) is not None
        for other in all_of_them
        if other.start != one.start
    )


def _known_terms(record: Mapping[str, Any], contents: Contents) -> set[str]:
    passages = contents.passages([str(record["passage"])])
    return {
        term
        for passage in passages
        for term in contents.analyzer.content_terms(f"{passage.metadata['context']}\n{passage.page_content}")
    }


def _replacements(text: str, rng: random.Random) -> list[Replacement]:
    """What can be replaced in a question, codes first, as they are the commonest near misses."""
    codes = [
        (match.start(), match.end(), _other_numbers(match.group(), rng))
        for match in _CODE.finditer(text)
        if " " not in match.group() or _SPACED_CODE.fullmatch(match.group())
    ]
    rng.shuffle(codes)
    years = [
        (match.start(), match.end(), _earlier_years(match.group(), rng)) for match in _YEAR.finditer(text)
    ]
    numbered = [
        (match.start(1), match.end(1), _other_numbers(match.group(1), rng))
        for pattern in (_VERSION, _NUMBER)
        for match in pattern.finditer(text)
    ]
    places = [
        (match.start(), match.end(), _other_places(match.group(), rng))
        for names in _PLACES
        for name in names
        for match in re.finditer(re.escape(name) + r"(?![a-z])", text)
    ]
    return [
        Replacement(start, end, text[start:end], tuple(candidates))
        for start, end, candidates in (*codes, *years, *numbered, *places)
    ]


def _other_numbers(word: str, rng: random.Random) -> list[str]:
    """The word with its last number's last two digits changed; ending zeros stay, so P200 may become P400."""
    match = re.search(r"(\d+?)(0*)$", word)
    assert match is not None
    head, digits, zeros = word[: match.start()], match.group(1), match.group(2)
    last = digits[-2:] if len(digits) > 1 and not zeros else digits[-1:]
    kept = digits[: len(digits) - len(last)]
    others = []
    for drawn in product("0123456789", repeat=len(last)):
        changed = kept + "".join(drawn)
        leading = changed[0] == "0" and digits[0] != "0"  # P200 doesn't become P000
        if changed != digits and not leading and int(changed) > 0:
            others.append(head + changed + zeros)
    rng.shuffle(others)
    return others[:_CANDIDATES]


def _earlier_years(year: str, rng: random.Random) -> list[str]:
    years = [str(int(year) - before) for before in range(2, 2 + 4 * _CANDIDATES)]
    # Near ones first: they are the better misses.
    near, far = years[: 2 * _CANDIDATES], years[2 * _CANDIDATES :]
    rng.shuffle(near)
    return near + far


def _other_places(name: str, rng: random.Random) -> list[str]:
    number = next(at for at, names in enumerate(_PLACES) if name in names)
    language = _PLACES[number].index(name)
    alike = _PLACES[:_COUNTRIES] if number < _COUNTRIES else _PLACES[_COUNTRIES:]
    others = [names[language] for names in alike if name not in names]
    rng.shuffle(others)
    return others


def _absent(candidates: Iterable[str], texts: Iterable[str]) -> set[str]:
    """The candidates that no text has in any spelling."""
    spellings = {each: _spellings(each) for each in set(candidates)}
    for text in texts:
        folded = _folded(text)
        spellings = {
            each: written for each, written in spellings.items() if not any(way in folded for way in written)
        }
    return set(spellings)


def _spellings(word: str) -> set[str]:
    """How a word may be written: a code with any separator or none, a place in both languages."""
    for names in _PLACES:
        if word in names:
            return set(map(_folded, names))
    match = re.fullmatch(r"([A-Za-z]+)[-_/ ]?(\d+)", word)
    if match is None:
        return {_folded(word)}
    letters, number = match.groups()
    numbers = {number, number.lstrip("0") or number}
    return {_folded(f"{letters}{separator}{each}") for separator in _SEPARATORS for each in numbers}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _texts(view: View) -> Iterator[str]:
    with view.contents() as contents:
        for document in contents.documents():
            yield f"{document.source}\n{document.title}"
            if document.status == "ok":
                yield contents.text(document.source, document.root)
