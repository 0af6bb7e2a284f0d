from pathlib import Path

import pytest

from eval.datasets import read_folder
from rag.errors import EvalError

ROOT = Path(__file__).parents[3]


def test_the_samples_questions_are_a_set_over_its_files() -> None:
    read = read_folder(ROOT / "kb", ROOT / "eval" / "data" / "kb.jsonl")
    assert read.name == "kb"
    for question in read.questions:
        assert question.answerable == bool(question.gold)
        assert question.gold == set(question.sources)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "1", "text": "x", "sources": ["b.md"]}', r"line 1 names b\.md, which isn't in"),
        ('{"id": "1", "text": "x", "answerable": false, "sources": ["a.md"]}', "has a source"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / "a.md").touch()
    questions = tmp_path / "q.jsonl"
    questions.write_text(line, encoding="utf-8")
    with pytest.raises(EvalError, match=message):
        read_folder(tmp_path / "kb", questions)
    with pytest.raises(EvalError, match="isn't a folder"):
        read_folder(tmp_path / "none", questions)


def test_questions_without_gold_data_are_unjudged(tmp_path: Path) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "text": "x"}\n{"id": "2", "text": "y", "answers": ["z"]}\n')
    one, two = read_folder(tmp_path, questions).questions
    assert not one.is_judged and two.is_judged and not two.gold


def test_the_fingerprint_follows_the_files_bytes(tmp_path: Path) -> None:
    (tmp_path / "kb").mkdir()
    file = tmp_path / "kb" / "a.md"
    file.write_text("one")
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "text": "x", "sources": ["a.md"]}')
    before = read_folder(tmp_path / "kb", questions).fingerprint
    file.write_text("two")
    assert read_folder(tmp_path / "kb", questions).fingerprint != before
