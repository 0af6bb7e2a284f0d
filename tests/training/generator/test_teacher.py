"""Which of the generator's own answers are learned from; the file that keeps them."""

import json
import shutil
from pathlib import Path

import pytest

from eval.datasets.records import EvalQuestion
from rag.text.analysis import Analyzer, Glossary
from training.generator.teacher import Lesson, _accepted, write_answers

TEXT = "特斯拉于 1943 年 1 月 7 日在纽约人酒店去世，享年 86 岁。"
ASKED = EvalQuestion("q", "特斯拉哪一年去世？", "zh", answers=("1943 年",))
OPEN = EvalQuestion("o", "特斯拉是怎么去世的？", "zh")


@pytest.mark.parametrize(
    ("question", "written", "accepted"),
    [
        (OPEN, "特斯拉于 1856 年去世[1]。", ""),
        (OPEN, "Tesla died in 1943 年[1].", ""),
        (OPEN, "资料中没有相关信息。", ""),
        (OPEN, "他在纽约人酒店去世，享年 86 岁[1]。", "他在纽约人酒店去世，享年 86 岁。"),
        (OPEN, "他的车停在北区的地面车位上[1]。", ""),
    ],
)
def test_an_answer_is_accepted_if_the_document_supports_it(
    question: EvalQuestion, written: str, accepted: str
) -> None:
    assert _accepted(written, Lesson("a", question, TEXT), Analyzer(Glossary.parse(""))) == accepted


def test_answers_that_are_known_need_no_generator(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"set": "a", "id": "q", "answer": "1943 年。"}\n', encoding="utf-8")
    known = write_answers([Lesson("a", ASKED, TEXT)], file, "no such model")
    assert known == {("a", "q"): "1943 年。"}


def test_answers_are_written_once_and_kept(tiny_generator_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_generator_folder, tmp_path / "generator")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["max_position_embeddings"] = 2048  # room for the examples that it is shown
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    file = tmp_path / "answers.jsonl"
    lessons = [Lesson("a", ASKED, TEXT), Lesson("a", OPEN, TEXT)]
    first = write_answers(lessons, file, str(folder))
    assert first.keys() == {("a", "q"), ("a", "o")}
    kept = file.read_text(encoding="utf-8")
    assert write_answers(lessons, file, "no such model") == first
    assert file.read_text(encoding="utf-8") == kept
