import json
from pathlib import Path

import pytest

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
