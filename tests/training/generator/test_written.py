"""Questions written on documents of other sets."""

import json
from pathlib import Path

import pytest

from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from rag.errors import TrainingError
from training.generator.written import written_sets

DOCUMENT = EvalDocument("a/1", "", "The pump was moved in 2011.", "en")
OWN = EvalQuestion("q", "What was moved?", "en", answers=("The pump",), relevant={"a/1": 1})
SETS = [
    EvalSet("a", (DOCUMENT,), (OWN,)),
    EvalSet("a@from_zh", (DOCUMENT,), ()),
    EvalSet("b", (EvalDocument("b/1", "", "泵在一楼。", "zh"),), ()),
]
ENTRY = {
    "id": "a/1",
    "answered": [["When was the pump moved?", "2011"]],
    "unanswered": ["Who moved the pump?"],
}


def file_of(folder: Path, entry: object) -> Path:
    """A file with one line."""
    file = folder / "written.jsonl"
    file.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    return file


def test_they_are_a_set_of_their_own_over_the_same_documents(tmp_path: Path) -> None:
    (found,) = written_sets(SETS, file_of(tmp_path, ENTRY))
    assert found.name == "a+written" and found.documents == (DOCUMENT,)
    answered, nearly = found.questions
    assert (answered.answers, answered.gold) == (("2011",), frozenset({"a/1"}))
    assert not nearly.answerable and nearly.near_document == "a/1"
    assert answered.lang == nearly.lang == "en"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "c/1"}, "line 1: no set here has the document c/1"),
        ({"answered": [["When?", "2012"]]}, "a/1 doesn't have the words 2012"),
    ],
)
def test_a_line_that_does_not_fit_the_sets_is_named(
    tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        written_sets(SETS, file_of(tmp_path, ENTRY | changed))
