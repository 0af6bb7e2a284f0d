"""From a knowledge base to a file of questions."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.datasets.questions import read_question_lines
from eval.generate import GeneratePlan, generate_questions, run_generate
from rag.answering.extractive import ExtractiveReader
from rag.errors import EvalError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.settings import Settings
from tests.reading import seen

PLAN = GeneratePlan(questions=6, unanswerable=1 / 3)


def test_questions_have_their_answers_exact_place(knowledge_base: KnowledgeBase, make_model: Any) -> None:
    tries = list(generate_questions(knowledge_base.view(EVERYTHING), make_model(), PLAN))
    records = [each.record for each in tries if each.record is not None]
    generated = [each for each in records if each["kind"] == "generated"]
    assert {each["sources"][0] for each in generated} == {"manual.md", "codes.md", "leave.md", "travel.md"}
    for each in generated:
        start, end = each["span"]
        assert seen(knowledge_base).text(each["sources"][0])[start:end] == each["answers"][0]
        assert each["answerable"] is True
    (travel,) = (each for each in generated if each["sources"] == ["travel.md"])
    assert travel["answers"] == ["560 元"] and travel["lang"] == "zh"
    misses = [each for each in records if each["kind"] == "near-miss"]
    assert len(misses) == 2 and all(each["made_from"] for each in misses)


@pytest.mark.parametrize(
    ("drafts", "answers", "reason"),
    [
        ({"cleaned": "I can't."}, {}, "no question and answer in the reply"),
        (
            {"cleaned": "Question: How often must the Tidal P200 pump be cleaned?\nAnswer: weekly"},
            {},
            "the answer doesn't stand in the passage",
        ),
        (
            {"cleaned": "Question: How often must this pump be cleaned?\nAnswer: every six months"},
            {},
            "the question doesn't stand alone",
        ),
        ({}, {"cleaned": "By trained staff of the workshop [1]."}, "it got another answer"),
        ({}, {"cleaned": "The documents do not contain this."}, "it was declined"),
    ],
)
def test_a_try_that_fails_says_why(
    knowledge_base: KnowledgeBase, make_model: Any, drafts: Any, answers: Any, reason: str
) -> None:
    model = make_model()
    model.drafts |= drafts
    model.answers |= answers
    tries = list(generate_questions(knowledge_base.view(EVERYTHING), model, PLAN))
    assert [each.reason for each in tries if each.reason and reason in each.reason]
    assert sum(each.record is not None and each.kind == "generated" for each in tries) == 3


def test_a_stopped_run_goes_on_and_ends_as_one_run_would(
    knowledge_base: KnowledgeBase, make_model: Any, tmp_path: Path
) -> None:
    def run(out: str, **options: Any) -> str:
        model = make_model(**options)
        run_generate(
            Settings(), knowledge_base.path, tmp_path / out, questions=6, unanswerable=1 / 3, generator=model
        )
        return (tmp_path / out).read_text(encoding="utf-8")

    whole = run("whole.jsonl")
    for stop in (1, 3, 4):
        with pytest.raises(KeyboardInterrupt):
            run("parts.jsonl", stop_after=stop)
    assert 0 < len((tmp_path / "parts.jsonl").read_text().splitlines()) < 6
    # Stopped in the middle of a line, and between a question and its try.
    tries = tmp_path / "parts.jsonl.tries"
    tries.write_bytes(tries.read_bytes().rstrip(b"\n")[:-20])
    assert run("parts.jsonl") == whole
    assert run("parts.jsonl", stop_after=0) == whole


def test_the_file_can_be_read_as_questions(
    knowledge_base: KnowledgeBase, make_model: Any, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "questions.jsonl"
    summary = run_generate(
        Settings(), knowledge_base.path, out, questions=6, unanswerable=1 / 3, generator=make_model()
    )
    assert (summary.answerable, summary.near_misses) == (4, 2)
    assert summary.left_out == {"too short": 1}
    questions = [question for _, question in read_question_lines(out).values()]
    assert sum(question.answerable for question in questions) == 4
    assert all(question.near_document for question in questions if not question.answerable)


def test_fewer_than_asked_for_is_said(knowledge_base: KnowledgeBase, make_model: Any, tmp_path: Path) -> None:
    summary = run_generate(
        Settings(), knowledge_base.path, tmp_path / "q.jsonl", questions=20, generator=make_model()
    )
    lines = "\n".join(summary.lines())
    assert "4 of 14 questions with an answer" in lines and "fewer questions than were asked for" in lines
    assert "4 of 6 near misses" not in lines and "fewer near misses" in lines


def test_another_plan_or_file_is_refused(
    knowledge_base: KnowledgeBase, make_model: Any, tmp_path: Path
) -> None:
    def run(out: str, **options: Any) -> None:
        run_generate(Settings(), knowledge_base.path, tmp_path / out, generator=make_model(), **options)

    run("q.jsonl", questions=2)
    with pytest.raises(EvalError, match="another plan"):
        run("q.jsonl", questions=3)
    with pytest.raises(EvalError, match="another plan"):
        run("q.jsonl", questions=2, seed=1)
    (tmp_path / "mine.jsonl").write_text("{}\n")
    with pytest.raises(EvalError, match="is there already"):
        run("mine.jsonl", questions=2)
    (tmp_path / "q.jsonl").unlink()
    with pytest.raises(EvalError, match="is gone"):
        run("q.jsonl", questions=2)
    (tmp_path / "q.jsonl").touch()
    (tmp_path / "q.jsonl.tries").write_text(
        (tmp_path / "q.jsonl.tries").read_text().splitlines()[0] + '\n{"x": 1}\n'
    )
    with pytest.raises(EvalError, match="isn't a file of tries"):
        run("q.jsonl", questions=2)
    with pytest.raises(EvalError, match="can't write"):
        run("mine.jsonl/q.jsonl", questions=2)


def test_the_file_of_tries_says_what_came_of_each(
    knowledge_base: KnowledgeBase, make_model: Any, tmp_path: Path
) -> None:
    model = make_model()
    model.drafts["年假"] = "不会。"
    run_generate(Settings(), knowledge_base.path, tmp_path / "q.jsonl", questions=6, generator=model)
    first, *tries = map(json.loads, (tmp_path / "q.jsonl.tries").read_text(encoding="utf-8").splitlines())
    assert first["plan"]["questions"] == 6
    (failed,) = (each for each in tries if each["reason"] and each["kind"] == "generated")
    assert failed["reply"] == "不会。" and failed["record"] is None


def test_what_cannot_write_or_be_asked_about_is_an_error(
    knowledge_base: KnowledgeBase, make_knowledge_base: Any, make_model: Any
) -> None:
    with pytest.raises(EvalError, match="writes no questions"):
        next(
            generate_questions(
                knowledge_base.view(EVERYTHING),
                ExtractiveReader(analyzer=seen(knowledge_base).analyzer),
                PLAN,
            )
        )
    with pytest.raises(EvalError, match="no passage to ask about"):
        next(generate_questions(make_knowledge_base({"a.md": "Page 3"}).view(EVERYTHING), make_model(), PLAN))


@pytest.mark.parametrize(("questions", "unanswerable"), [(0, 0.3), (5, 1.0), (5, -0.1)])
def test_a_plan_that_asks_for_nothing_is_refused(questions: int, unanswerable: float) -> None:
    with pytest.raises(EvalError):
        GeneratePlan(questions, unanswerable)


def test_the_default_plan_can_measure_abstention() -> None:
    assert (GeneratePlan().answerable, GeneratePlan().near_misses) == (35, 15)
