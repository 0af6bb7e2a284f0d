import json
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_squad
from rag.errors import EvalError


def write(folder: Path, data: Any) -> Path:
    file = folder / "s.json"
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return file


def squad(*questions: dict[str, Any]) -> dict[str, Any]:
    paragraph = {"context": "Normandy is in France.", "qas": list(questions)}
    return {
        "version": "v2.0",
        "data": [{"title": "Normans", "paragraphs": [paragraph, paragraph | {"qas": []}]}],
    }


ANSWERABLE = {"id": "1", "question": "Where?", "answers": [{"text": "France", "answer_start": 15}] * 2}
IMPOSSIBLE = {"id": "2", "question": "Who?", "answers": [], "is_impossible": True, "plausible_answers": []}


def test_versions_1_and_2_are_read(tmp_path: Path) -> None:
    read = read_squad(write(tmp_path, squad(ANSWERABLE, IMPOSSIBLE)))
    (document,) = read.documents
    assert (document.id, document.title, document.lang) == ("s/p00000", "Normans", "en")
    first, second = read.questions
    assert (first.answers, first.relevant, first.answerable) == (("France",), {"s/p00000": 1}, True)
    assert (second.relevant, second.answerable, second.near_document) == ({}, False, "s/p00000")


def test_cmrcs_own_form_is_read(tmp_path: Path) -> None:
    asked = {"query_id": "T1_Q0", "query_text": "多久清洗？", "answers": ["六个月", "每六个月", "六个月"]}
    entry = {"context_id": "T1", "context_text": "水泵每六个月清洗一次。", "title": "水泵", "qas": [asked]}
    (question,) = read_squad(write(tmp_path, [entry])).questions
    assert (question.id, question.lang, question.answers) == ("T1_Q0", "zh", ("六个月", "每六个月"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, r's\.json has no list "data"'),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r'data\[0\], paragraphs\[0\] has no "context"'),
        (squad(), "holds no question"),
        (squad(ANSWERABLE, ANSWERABLE), r"qas\[1\]: the id 1 was there before"),
        (squad(IMPOSSIBLE | {"is_impossible": False}), "contradict each other"),
        (squad(ANSWERABLE | {"is_impossible": True}), "contradict each other"),
        (squad(ANSWERABLE | {"answers": [{"start": 1}]}), r'qas\[0\], answers\[0\] has no "text"'),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, data: Any, message: str) -> None:
    with pytest.raises(EvalError, match=message):
        read_squad(write(tmp_path, data))
