"""Which questions are the same, word for word."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.curated.differences import same_words, words_of

PAIRS = Path(__file__).parent / "minimal_pairs.jsonl"


@pytest.mark.parametrize(
    "pair",
    [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()],
    ids=lambda pair: pair["asked"],
)
def test_question_that_needs_another_answer_is_not_the_same(pair: dict[str, Any]) -> None:
    assert not same_words(pair["entry"], pair["asked"])


def test_case_width_script_and_punctuation_make_no_difference() -> None:
    assert same_words("HOW much is the Ｐ200?", "how much is the p200")
    assert same_words("發票 怎麼開？", "发票怎么开")


def test_texts_without_words_are_never_the_same() -> None:
    assert not same_words("？", "!")
    assert not same_words("", "")


def test_signs_that_mean_something_are_words() -> None:
    assert words_of("Is it -5 °C, or 1,000.50 $?") == (
        *("is", "it", "-", "5", "°", "c", "or"),
        *("1000.50", "$"),
    )
    assert words_of("用C++，还是C#？") == ("用", "c", "+", "+", "还", "是", "c", "#")
