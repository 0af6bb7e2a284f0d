"""Published sets as passages and questions: every answer stands where it is said to stand."""

from pathlib import Path

import pytest

from rag.errors import EvalError
from training.reader.sources import read_source


def test_answers_stand_in_the_passages_as_they_are_cut(training_set: Path) -> None:
    source = read_source(training_set)
    said = {
        asked.text: [
            each.text[a - each.start : b - each.start]
            for a, b in asked.spans
            for each in source.passages[asked.document]
            if each.start <= a and b <= each.start + len(each.text)
        ]
        for asked in source.questions
    }
    assert said["What does the P300 weigh?"] == ["12 kg"]
    assert said["员工每年有几天年假？"] == ["十天"]
    assert said["What does a filter cost?"] == ["25"]
    assert said["Which parts have a price?"] == ["hose", "filter"]


def test_tables_are_stored_as_ingestion_stores_them(training_set: Path) -> None:
    text = "\n".join(each.text for each in read_source(training_set).passages["prices"])
    assert "filter | 25" in text and "---" not in text and not text.startswith("|")


def test_the_kind_of_answer_is_known(training_set: Path) -> None:
    kinds = {each.text: each.kind for each in read_source(training_set).questions}
    assert kinds["What does the P300 weigh?"] == "span"
    assert kinds["Which parts have a price?"] == "list"
    assert kinds["Is it made there?"] == "yes"
    assert kinds["Tell me of the P300"] == "explanation"
    assert kinds["What does the L7 weigh?"] == ""
    assert "And the other?" not in kinds  # it can't be understood by itself


def test_a_folder_that_holds_no_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"isn't a training set: it has no corpus\.jsonl"):
        read_source(tmp_path)
