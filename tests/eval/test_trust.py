"""How far answers can be trusted, by language."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.runs.scores import read_answers
from eval.trust import MEASURES, by_language, measure, seconds
from rag.errors import EvalError


def record(
    lang: str = "zh", *, answerable: bool = True, abstained: bool = False, **scores: Any
) -> dict[str, Any]:
    return {
        "lang": lang,
        "answerable": answerable,
        "abstained": abstained,
        "error": None,
        "scores": {"false_refusals": float(abstained) if answerable else None, **scores},
        "timings": {"first_token_ms": 1500.0, "total_ms": 3000.0},
        "generated_tokens": 0 if abstained else 20,
    }


RECORDS = [
    record(right_and_brief=1.0, f1=0.5, citation_precision=1.0, citation_recall=1.0),
    record(right_and_brief=0.0, f1=0.1, citation_precision=0.5, citation_recall=1.0),
    record(abstained=True, right_and_brief=0.0, f1=0.0, citation_precision=None, citation_recall=0.0),
    record(answerable=False, abstained=True, f1=1.0),
    record(answerable=False, f1=0.0),
    record("zh-Hant", answerable=False, f1=0.0),
    record("en", right_and_brief=1.0, f1=1.0, citation_precision=1.0, citation_recall=0.5),
]


def test_each_measure_is_over_the_questions_it_speaks_of() -> None:
    chinese = by_language(RECORDS)["zh"]
    found = dict(zip([each.name for each in MEASURES], measure(chinese), strict=True))
    values = {name: (each.value and round(each.value, 3), each.n) for name, each in found.items()}
    assert values == {
        "right and brief, of answerable": (0.333, 3),
        "F1, of answerable": (0.2, 3),
        "citation precision, of answers given": (0.75, 2),
        "citation recall, of answers given": (1.0, 2),
        "unanswerable, declined": (0.333, 3),
        "answerable, declined": (0.333, 3),
    }


def test_times_are_of_answers_that_were_written() -> None:
    found = seconds(RECORDS, "first_token_ms")
    assert (found.value, found.n) == (1.5, 5)
    assert seconds([], "total_ms").value is None


def test_the_command_prints_a_column_for_each_system_and_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some" / "answers" / "default.jsonl"
    file.parent.mkdir(parents=True)
    lines_of = [json.dumps({**each, "id": str(number)}) for number, each in enumerate(RECORDS)]
    file.write_text("".join(f"{each}\n" for each in lines_of), encoding="utf-8")
    assert main(["trust", str(tmp_path), str(tmp_path)]) == 0  # each question counts once
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| measure | default, Chinese | default, English |"
    assert lines[2].startswith(
        "| right and brief, of answerable | 0.33 (0.00–1.00) of 3 | 1.00 (1.00–1.00) of 1"
    )
    assert "unanswerable, declined" in lines[6] and lines[6].endswith("| – |")
    assert len(lines) == 2 + len(MEASURES) + 2


def test_a_run_without_such_answers_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"no answers of a system other.*eval answers"):
        read_answers(tmp_path, "other")
