import json
from pathlib import Path

import pytest

from eval.datasets import read_folder
from eval.questions import contains_answer, read_questions
from rag.errors import EvalError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        ("上限是 560 元[1]。", ("560元",), True),
        ("The limit is ５６０ yuan.", ("560",), True),
        ("It takes 1560 days.", ("560",), False),
        ("It takes 560.5 days.", ("560",), False),
        ("It takes 560.", ("560",), True),
        ("Signed by damien clayton [2].", ("Damien Clayton", "Clayton"), True),
        ("没有。", ("两年",), False),
    ],
)
def test_an_answer_is_found_as_a_reader_would_find_it(
    text: str, answers: tuple[str, ...], found: bool
) -> None:
    assert contains_answer(text, answers) is found


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "line 1 isn't JSON"), ('{"id": 1}', "line 1 isn't a question"), ("\n", "holds no question")],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(EvalError, match=message):
        read_questions(file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="can't read"):
        read_questions(tmp_path / "none.jsonl")


@pytest.mark.parametrize("name", ["kb.jsonl", "mixed_documents.jsonl", "mixed_documents_more.jsonl"])
def test_the_projects_own_questions_are_consistent(name: str) -> None:
    questions = read_questions(ROOT / "eval" / "data" / name)
    assert len({question.id for question in questions}) == len(questions)
    for question in questions:
        assert question.answerable == bool(question.answers) == bool(question.sources), question.id
        assert question.lang in ("zh", "en")


def test_the_questions_on_the_sample_name_documents_that_are_there() -> None:
    for line in (ROOT / "eval" / "data" / "kb.jsonl").read_text(encoding="utf-8").splitlines():
        for source in json.loads(line)["sources"]:
            assert (ROOT / "kb" / source).is_file(), source


def test_the_samples_questions_to_report_on_are_not_those_that_the_prompt_was_chosen_on() -> None:
    read = read_folder(ROOT / "kb", ROOT / "eval" / "data" / "kb.jsonl").questions
    fit = {question.id for question in read if question.split == "fit"}
    assert fit == {f"{lang}-{number:02}" for lang in ("zh", "en") for number in range(1, 36)}
    report = [question for question in read if question.split == "report"]
    assert len(fit) + len(report) == len(read)
    assert not {question.text for question in report} & {each.text for each in read if each.id in fit}
    for lang in ("zh", "en"):
        own = [question for question in report if question.lang == lang]
        assert sum(not question.answerable for question in own) >= 10
        assert {"multi", "follow-up", "table", "part", "cross", "notice", "near-miss"} <= {
            question.kind for question in own
        }


def test_a_follow_up_has_a_conversation_and_no_other_question_has_one() -> None:
    for question in read_folder(ROOT / "kb", ROOT / "eval" / "data" / "kb.jsonl").questions:
        assert bool(question.history) == (question.kind == "follow-up"), question.id
