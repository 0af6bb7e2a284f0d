"""What asks the same in other words, and what only looks so.

The pairs are about an invented company. Half of each file ("split": "fit") was looked at while the rule was
made; the other half was written before it and looked at only to report.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.curated.paraphrases import same_question
from rag.text.analysis import Analyzer
from rag.text.glossary import Glossary
from rag.text.tokens import same_words, words_of

FOLDER = Path(__file__).parent


def pairs(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("pair", pairs("minimal_pairs.jsonl"), ids=lambda pair: pair["asked"])
def test_question_that_needs_another_answer_is_not_the_same(pair: dict[str, Any]) -> None:
    for first, second in ((pair["entry"], pair["asked"]), (pair["asked"], pair["entry"])):
        assert not same_words(first, second)
        assert not same_question(first, second, Analyzer())


def test_half_of_what_people_say_otherwise_is_recognized() -> None:
    found = [same_question(each["asked"], each["entry"], Analyzer()) for each in pairs("paraphrases.jsonl")]
    assert sum(found) >= 0.5 * len(found)


def test_synonyms_of_the_glossary_are_the_same_words_said_otherwise() -> None:
    analyzer = Analyzer(Glossary.parse("warranty, guarantee\n质保, 保修\nlift, elevator\nlift, hoist"))
    assert same_question("How long is the guarantee?", "How long is the warranty?", analyzer)
    assert same_question("保修多久？", "质保多久？", analyzer)
    assert not same_question("How long is the guarantee?", "How long is the warranty?", Analyzer())
    assert not same_question("Where is the elevator?", "Where is the hoist?", analyzer)


def test_questions_in_two_languages_or_without_words_are_never_the_same() -> None:
    assert not same_question("VPN 是什么？", "What is VPN?", Analyzer(Glossary.parse("VPN, 虚拟专用网")))
    assert not same_question("请问？", "您好？", Analyzer())
    assert not same_words("？", "!")


def test_signs_that_mean_something_are_words() -> None:
    assert words_of("Is it -5 °C, or 1,000.50 $?") == (
        *("is", "it", "-", "5", "°", "c", "or"),
        *("1000.50", "$"),
    )
    assert words_of("用C++，还是C#？") == ("用", "c", "+", "+", "还", "是", "c", "#")
