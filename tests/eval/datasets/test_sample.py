"""The questions on the sample folder that come with the project."""

from pathlib import Path

import pytest

from eval.datasets import EvalQuestion, read_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture
def questions() -> tuple[EvalQuestion, ...]:
    return read_folder(ROOT / "kb", ROOT / "eval" / "data" / "kb.jsonl").questions


def test_those_to_report_on_are_not_those_that_the_prompt_was_chosen_on(
    questions: tuple[EvalQuestion, ...],
) -> None:
    fit = {each.id for each in questions if each.split == "fit"}
    assert fit == {f"{lang}-{number:02}" for lang in ("zh", "en") for number in range(1, 36)}
    report = [each for each in questions if each.split == "report"]
    assert len(fit) + len(report) == len(questions)
    assert not {each.text for each in report} & {each.text for each in questions if each.id in fit}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_those_to_report_on_are_of_every_kind_in_both_languages(
    questions: tuple[EvalQuestion, ...], lang: str
) -> None:
    own = [each for each in questions if each.split == "report" and each.lang == lang]
    kinds = {"multi", "follow-up", "table", "part", "cross", "notice", "near-miss", "unanswerable"}
    assert kinds <= {each.kind for each in own}
    assert sum(not each.answerable for each in own) >= 10


def test_a_follow_up_has_a_conversation_and_no_other_question_has_one(
    questions: tuple[EvalQuestion, ...],
) -> None:
    for each in questions:
        assert bool(each.history) == (each.kind == "follow-up"), each.id
        assert each.answerable == bool(each.answers), each.id
