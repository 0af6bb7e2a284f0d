"""Questions that ask two things are taken apart, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.questions.parts import MOST_PARTS, split_question

FILE = Path(__file__).parent / "two_part_questions.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
WORKED_ON = [each for each in CASES if each["split"] == "fit"]
PIECES = st.sampled_from(
    [
        *[
            "P100",
            "P200",
            "Ann",
            "Bob",
            "Lee",
            "the",
            "a",
            "pump",
            "hose",
            "and",
            "or",
            "also",
            "what",
            "is",
            "how",
            "do",
            "I",
            "who",
            "which",
            "of",
            "both",
            "each",
        ],
        *[
            "respectively",
            "older",
            "than",
            "it",
            "its",
            "difference",
            "between",
            "？",
            "，",
            "；",
            "?",
            ";",
            ",",
            "年假",
            "加班",
            "的",
            "保修期",
            "和",
            "与",
            "、",
            "以及",
        ],
        *["分别", "各", "是", "多少", "怎么算", "比", "重", "吗", "哪个", "更", "有什么区别", "它"],
    ]
)
QUESTIONS = st.lists(PIECES, max_size=16).flatmap(
    lambda pieces: st.sampled_from(["".join(pieces), " ".join(pieces)])
)


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("case", WORKED_ON, ids=[each["question"] for each in WORKED_ON])
def test_question_is_taken_apart_only_where_it_asks_two_things(case: dict[str, Any]) -> None:
    assert [bare(each) for each in split_question(case["question"])] == [bare(each) for each in case["parts"]]


@pytest.mark.parametrize(
    "question",
    [
        "Who designed the system that failed and was the first to be sold?",
        "Which pump is both quiet and cheap?",
        "What is a pump that cannot be cleaned, but which is cheap?",
        "屏幕上什么都不显示，怎么办？",
        "病毒如何以及何时进入体内？",
        "P100 和 P200 的保修期分别是多久？",
        "Which is older, Oxford or Cambridge?",
        "What is the warranty of the P100 and how do I return it?",
        "The pump is quiet, but is it safe?",
        "这台泵比以前更吵吗？",
        "",
        "？？？",
        "P100の保証期間はどれくらいですか、返品はどうしますか？",
        "What is it? " * 40,
        "年假有多少天？\n加班怎么算？",
    ],
)
def test_what_only_looks_like_two_questions_stays_whole(question: str) -> None:
    assert split_question(question) == ()


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("年假有多少天？如果加班到很晚，怎么算工资？", ("年假有多少天", "如果加班到很晚，怎么算工资")),
        ("P100 保修多久，运费谁付，它多重？", ("P100 保修多久", "运费谁付，它多重")),
        ("P200 报 E06，怎么处理，以及滤芯多久换一次？", ("P200 报 E06，怎么处理", "滤芯多久换一次")),
        (
            "How big is it, and in what year was Bonn founded?",
            ("How big is it", "in what year was Bonn founded"),
        ),
        (
            "What is the price of the P100 and how heavy is it, and who sells Tidal pumps?",
            ("What is the price of the P100 and how heavy is it", "who sells Tidal pumps"),
        ),
        ("Is the pump quiet, and does the hose fit?", ("Is the pump quiet", "does the hose fit")),
    ],
)
def test_a_clause_that_does_not_stand_alone_stays_with_its_neighbour(
    question: str, parts: tuple[str, ...]
) -> None:
    assert split_question(question) == parts


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+|[\u4e00-\u9fff]", text.lower()))


@given(QUESTIONS)
def test_parts_are_shorter_and_have_only_the_questions_words(question: str) -> None:
    parts = split_question(question)
    assert len(parts) in (0, *range(2, MOST_PARTS + 1))
    assert len(set(parts)) == len(parts)
    for part in parts:
        assert part.strip() == part != ""
        assert len(part) < len(question)
        assert words(part) <= words(question)


@given(st.text(max_size=200))
def test_any_text_can_be_asked(text: str) -> None:
    assert all(part.strip() for part in split_question(text))
