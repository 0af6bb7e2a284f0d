from typing import Any

import pytest
from langchain_core.documents import Document

from eval.datasets.records import EvalQuestion
from eval.robustness.counterfactual import false_answer, shape_of, with_answer_replaced


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1998", "2013"),
        ("1998年", "2013年"),
        ("14 June 2028", "2 May 1999"),
        ("June 14, 2028", "Oct 1, 1900"),
        ("2026年1月12日", "1999年12月3日"),
        ("560 元", "12 元"),
        ("1,234", "17"),
        ("三天", "十二天"),
        ("Lu Zhiheng", "Marit Oosterveld"),
        ("Bank of China", "Tower of London"),
        ("沈若清", "高致远"),
    ],
)
def test_what_is_alike_has_the_same_shape(first: str, second: str) -> None:
    assert shape_of(first) == shape_of(second) is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1998", "17"),
        ("560 元", "560 天"),
        ("14 June 2028", "June 2028"),
        ("Lu Zhiheng", "Paris"),
        ("沈若清", "埃因霍温"),
        ("1998", "1998年3月"),
    ],
)
def test_what_differs_in_kind_does_not(first: str, second: str) -> None:
    assert shape_of(first) != shape_of(second)


@pytest.mark.parametrize(
    "answer",
    ["because the belt slips", "in a rented workshop", "先查管路接头是否漏气，再查阀片组是否粘有异物"],
)
def test_a_phrase_has_no_shape(answer: str) -> None:
    assert shape_of(answer) is None


def _question(number: int, answer: str, lang: str = "en") -> EvalQuestion:
    return EvalQuestion(id=f"q{number}", text=f"Question {number}?", lang=lang, answers=(answer,))


def test_a_false_answer_is_anothers_and_nowhere_in_the_documents(make_passage: Any) -> None:
    question = _question(0, "2013")
    others = [question, _question(1, "1998"), _question(2, "2018"), _question(3, "2001", "zh")]
    others += [_question(4, "Lu Zhiheng"), _question(5, "17")]
    gold = [make_passage("Founded in 2013; the branch was set up in 2018.")]
    for seed in range(5):
        assert false_answer(question, others, gold, str(seed)) == "1998"
    assert false_answer(question, others[:1], gold, "0") is None
    assert false_answer(_question(0, "because it rains"), others, gold, "0") is None


@pytest.mark.parametrize(
    ("asked", "other", "found"),
    [
        ("Who founded it?", "By whom was it sold?", True),
        ("Who founded it?", "Which city is it in?", False),
        ("Which cities is it in?", "In what city was it?", False),
        ("Which city is it in?", "In what city was it?", True),
        ("What is it called?", "What was it called?", False),
        ("谁创办了公司？", "公司由哪位经理主持？", True),
        ("公司在哪个城市？", "办公室搬到哪个城市？", True),
        ("公司在哪个城市？", "公司由谁创办？", False),
    ],
)
def test_a_name_gives_way_only_to_one_that_was_asked_for_alike(asked: str, other: str, found: bool) -> None:
    lang = "en" if asked.isascii() else "zh"
    names = ("Lu Zhiheng", "Wen Shuya") if lang == "en" else ("沈若清", "高致远")
    first, second = (
        EvalQuestion(id=text, text=text, lang=lang, answers=(name,))
        for text, name in zip((asked, other), names, strict=True)
    )
    assert false_answer(first, [first, second], [], "0") == (names[1] if found else None)


def test_every_occurrence_is_replaced_and_nothing_else(make_passage: Any) -> None:
    passage = make_passage(
        "Built in 2013. In２０１３ it cost 20130 or 2,013.", context="Report 2013", start=40
    )
    changed = with_answer_replaced(passage, ["2013"], "1998")
    assert changed is not None
    assert changed.page_content == "Built in 1998. In1998 it cost 20130 or 2,013."
    assert changed.metadata["context"] == "Report 1998"
    assert changed.metadata["end"] - changed.metadata["start"] == len(changed.page_content)
    assert changed.id != passage.id and passage.page_content.startswith("Built in 2013")


def test_a_longer_answer_is_replaced_as_a_whole(make_passage: Any) -> None:
    passage = make_passage("She lives in Paris, France. Paris is large.")
    changed = with_answer_replaced(passage, ["Paris", "Paris, France"], "Oslo")
    assert changed is not None and changed.page_content == "She lives in Oslo. Oslo is large."


def test_a_passage_that_keeps_an_answer_is_not_used(make_passage: Any) -> None:
    assert with_answer_replaced(make_passage("Drive belts wear out."), ["drive belt"], "fuse") is None
    assert with_answer_replaced(make_passage("Nothing of it."), ["drive belt"], "fuse") is None


@pytest.fixture
def make_passage() -> Any:
    def make(text: str, *, context: str = "", start: int = 0) -> Document:
        metadata = {"context": context, "start": start, "end": start + len(text)}
        return Document(id="p", page_content=text, metadata=metadata)

    return make
