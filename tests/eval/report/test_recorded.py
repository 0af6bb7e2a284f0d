"""Run folders: unfinished and broken ones are named with what to do next."""

from pathlib import Path

import pytest

from eval.report import write_report
from eval.report.recorded import read_runs
from rag.errors import EvalError
from tests.eval.report.conftest import answered, write_run


def test_unfinished_run_is_named_with_the_command_that_finishes_it(sample: Path, tmp_path: Path) -> None:
    (sample / "summary.json").unlink()
    with pytest.raises(EvalError, match=r"stopped before its end.*python -m eval all … --out .*sample"):
        write_report([sample], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"is no run's folder \(no run.json\); make one with"):
        write_report([tmp_path], tmp_path / "out")
    with pytest.raises(EvalError, match="no run to report on"):
        write_report([], tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("summary.json", "[]"),
        ("summary.json", '{"kb": {"hybrid": {"right": 0.5}}}'),
        ("run.json", "{"),
        ("timings.json", "nothing"),
        ("kb/answers/hybrid.jsonl", '{"id": "a", "text": "b", "scores": {}}\n{"id": "c", "te'),
        ("kb/answers/hybrid.jsonl", '{"id": "a"}\n'),
        ("kb/qrels.txt", "a 0 document\n"),
    ],
)
def test_file_that_cannot_be_read_is_named(sample: Path, tmp_path: Path, name: str, text: str) -> None:
    (sample / name).write_text(text, encoding="utf-8")
    with pytest.raises(EvalError, match=Path(name).name):
        write_report([sample], tmp_path / "out")


def test_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EvalError, match="can't write the report into"):
        write_report([write_run(tmp_path / "run")], tmp_path / "file")


def test_run_without_timings_can_be_reported(sample: Path, tmp_path: Path) -> None:
    (sample / "timings.json").unlink()
    page = write_report([sample], tmp_path / "out")[0].read_text(encoding="utf-8")
    assert "Date not recorded" in page and 'id="latency"' not in page


def test_runs_of_the_same_folder_name_are_told_apart(tmp_path: Path) -> None:
    lines = {"kb": {"hybrid": [answered("a")]}}
    folders = [write_run(tmp_path / parent / "all", answers=lines) for parent in ("one", "two")]
    assert [run.name for run in read_runs(folders)] == ["one/all", "two/all"]


def test_names_of_sets_are_read_from_percent_encoding(sample: Path) -> None:
    assert read_runs([sample])[0].sets == ["kb", "scifact", "中文问答@交叉"]
