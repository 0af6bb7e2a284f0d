"""Comparing runs and letting them pass or not."""

import json
from pathlib import Path

import pytest

from eval.__main__ import main


def _run(folder: Path, part: str = "retrieval", measure: str = "nDCG@10", **systems: list[float]) -> str:
    (folder / "set" / part).mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    for system, values in systems.items():
        records = [{"id": f"q{n}", "scores": {measure: value}} for n, value in enumerate(values)]
        file = folder / "set" / part / f"{system}.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in records))
    return str(folder)


def test_clear_fall_is_a_regression_and_a_small_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = _run(tmp_path / "good", hybrid=[1.0] * 40)
    bad = _run(tmp_path / "bad", hybrid=[0.0] * 20 + [1.0] * 20)
    near = _run(tmp_path / "near", hybrid=[0.0] + [1.0] * 39)

    assert main(["gate", bad, "--baseline", good]) == 1
    assert "REGRESSION  bad:hybrid: set nDCG@10 fell from 1.000 to 0.500" in capsys.readouterr().out
    assert main(["gate", near, "--baseline", good]) == 0
    assert main(["gate", good, "--baseline", bad]) == 0
    assert main(["gate", bad, "--baseline", good, "--tolerance", "0.6"]) == 0


@pytest.mark.parametrize(
    "run",
    [{"hybrid": [1.0] * 39}, {"renamed": [1.0] * 40, "another": [1.0] * 40}],
    ids=["a question", "a system"],
)
def test_run_that_lacks_what_the_baseline_has_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], run: dict[str, list[float]]
) -> None:
    baseline = _run(tmp_path / "baseline", hybrid=[1.0] * 40)
    made = _run(tmp_path / "run", "retrieval", "nDCG@10", **run)
    assert main(["gate", made, "--baseline", baseline]) == 1
    assert "MISSING  hybrid: set nDCG@10 of " in capsys.readouterr().out


def test_measures_of_what_is_bad_regress_by_rising(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = _run(tmp_path / "few", "answers", "false_answers", default=[0.0] * 40)
    many = _run(tmp_path / "many", "answers", "false_answers", default=[1.0] * 20 + [0.0] * 20)
    assert main(["gate", many, "--baseline", few]) == 1
    assert "set false_answers rose from 0.000 to 0.500" in capsys.readouterr().out
    assert main(["gate", few, "--baseline", many]) == 0


def test_comparison_says_what_is_shown_and_names_the_questions_that_flipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path / "run", dense=[0.0, 1.0] * 10, hybrid=[1.0, 1.0] * 10)
    assert main(["compare", f"{run}:dense", f"{run}:hybrid"]) == 0
    out = capsys.readouterr().out
    assert "**run:hybrid** against **run:dense**" in out
    assert "| set nDCG@10 | 0.500 | 1.000 | +0.500" in out and "| higher | 20 |" in out
    assert "- set nDCG@10 rose: q0, q10, q12, q14, q16 and 5 more" in out
    assert main(["compare", run, run]) == 0
    assert "no difference shown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "{run}", "{none}"], "is no run's folder"),
        (["compare", "{run}:magic", "{run}"], "has no system magic"),
        (["compare", "{run}", "{other}"], "no system in common"),
        (["compare", "{run}", "{run}", "--measures", "P@1"], "share none of the measures P@1"),
    ],
)
def test_what_cannot_be_compared_is_an_error_of_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    names = {
        "run": _run(tmp_path / "run", a=[1.0], b=[0.0]),
        "other": _run(tmp_path / "other", c=[1.0], d=[0.0]),
        "none": str(tmp_path / "none"),
    }
    assert main([each.format(**names) for each in arguments]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
