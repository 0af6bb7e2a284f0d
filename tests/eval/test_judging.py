"""A model's opinion stays apart, and says how far it agrees with what needs no model."""

import json
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from eval.judging import judge_run
from rag.errors import EvalError
from rag.models.generator import ChatGenerator


def write_run(folder: Path) -> Path:
    records = [
        ("1", "Six months [1].", ["six months"], 1.0, False),
        ("2", "Half a year [1].", ["six months"], 0.0, False),
        ("3", "十二天[1]。", ["十二天"], 1.0, False),
        ("4", "The documents do not contain this.", ["x"], 0.0, True),
        ("5", "Perhaps.", [], None, False),
    ]
    file = folder / "set" / "answers" / "default.jsonl"
    file.parent.mkdir(parents=True)
    lines = [
        {
            "id": key,
            "text": "How often?",
            "lang": "en",
            "answer": answer,
            "answers": gold,
            "abstained": abstained,
            "scores": {"right": right},
        }
        for key, answer, gold, right, abstained in records
    ]
    file.write_text("".join(json.dumps(each) + "\n" for each in lines))
    (folder / "run.json").write_text('{"seed": 0}')
    (folder / "summary.json").write_text("{}")
    return folder


def test_opinions_go_into_files_of_their_own(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    replies = [
        "Yes.",
        "yes, it means the same",
        "No opinion? 是",
    ]
    judge = ChatGenerator(GenericFakeChatModel(messages=iter(AIMessage(each) for each in replies)))
    found = judge_run(run, judge, "scripted")

    measures = found["sets"]["set"]["default"]
    assert measures["judge_right"]["mean"] == pytest.approx(2 / 3) and measures["judge_right"]["n"] == 3
    assert measures["agreement"]["mean"] == pytest.approx(1 / 3)
    assert json.loads((run / "judged.json").read_text()) == found
    assert (run / "summary.json").read_text() == "{}"
    assert len((run / "set/judged/default.jsonl").read_text().splitlines()) == 3


def test_a_reply_that_is_neither_yes_nor_no_is_no_opinion(tmp_path: Path) -> None:
    replies = ("Well…", "否", "**Yes**")
    judge = ChatGenerator(GenericFakeChatModel(messages=iter(AIMessage(each) for each in replies)))
    measures = judge_run(write_run(tmp_path / "run"), judge, "scripted")["sets"]["set"]["default"]
    assert measures["unclear"]["mean"] == pytest.approx(1 / 3)
    assert measures["judge_right"]["n"] == 2 and measures["judge_right"]["mean"] == 0.5


def test_a_folder_without_answers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="has no answers to judge"):
        judge_run(tmp_path, ChatGenerator(GenericFakeChatModel(messages=iter([]))), "scripted")
