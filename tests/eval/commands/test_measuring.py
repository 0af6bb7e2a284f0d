"""The commands that measure, as a person runs them."""

import json
from pathlib import Path

import pytest

from eval.__main__ import main

Config = Path


@pytest.fixture
def config(tmp_path: Path, tiny_embedder_folder: Path) -> Config:
    file = tmp_path / "rag.toml"
    file.write_text(
        f'[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n[generator]\nmodel = "extractive"\n'
        "[ingest]\nworkers = 0\n"
    )
    return file


def test_retrieval_prints_intervals_and_numbers_of_questions(
    small_set: Path, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["retrieval", "--sets", str(small_set), "--config", str(config)]
    assert main([*common, "--systems", "lexical", "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert "| small | lexical | " in printed.out and " of 3 |" in printed.out and "–" in printed.out
    assert f"run: {tmp_path / 'run'}" in printed.err
    assert main([*common, "--systems", "magic", "--out", str(tmp_path / "other")]) == 1
    assert "there is no system magic" in capsys.readouterr().err


def test_all_measures_a_folder_of_files_and_writes_a_report(
    config: Config, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "pump.md").write_text("# Pump\n\nThe pump must be cleaned every six months by trained staff.\n")
    (files / "leave.md").write_text("# 假期\n\n员工每年有十二天年假，入职满一年后可以使用。\n")
    questions = tmp_path / "mine.jsonl"
    records = [
        {
            "id": "1",
            "text": "How often is the pump cleaned?",
            "answers": ["six months"],
            "sources": ["pump.md"],
        },
        {"id": "2", "text": "Who won the regatta?", "answerable": False},
    ]
    questions.write_text("".join(json.dumps(each) + "\n" for each in records))
    arguments = ["all", "--sets", str(questions), "--folder", str(files), "--config", str(config)]

    assert main([*arguments, "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert "| mine | extractive | " in printed.out and "| mine | hybrid | " in printed.out
    page = tmp_path / "run" / "report.html"
    assert f"report: {page}" in printed.err and "<html" in page.read_text(encoding="utf-8")
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["mine"]["extractive"]["direct_coverage"]["mean"] == 0.0
    assert summary["mine"]["extractive"]["right"]["n"] == 1


def test_robustness_is_measured_on_texts(
    small_set: Path, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["robustness", "--sets", str(small_set), "--config", str(config), "--cases", "2"]
    assert main([*arguments, "--systems", "extractive", "--out", str(tmp_path / "run")]) == 0
    assert "| small | extractive | " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["answers", "--sets", "none"], "there is no set none"),
        (["answers", "--sample", "0"], "asks nothing"),
        (["answers", "--folder", "a", "--kb", "b"], "give one of them"),
        (["answers"], "name your own set with --sets"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str],
    words: str,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*arguments, "--config", str(config)]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_a_baseline_keeps_the_scores_that_a_gate_needs(
    small_set: Path, config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, baseline = str(tmp_path / "run"), str(tmp_path / "baseline")
    assert main(["all", "--sets", str(small_set), "--config", str(config), "--out", run, "--cases", "1"]) == 0
    assert main(["baseline", run, "--out", baseline, "--measures", "nDCG@10", "right"]) == 0
    files = sorted(each.relative_to(baseline).as_posix() for each in Path(baseline).rglob("*.jsonl"))
    assert "small/answers/extractive.jsonl" in files and "small/retrieval/hybrid.jsonl" in files
    lines = (Path(baseline) / "small/answers/extractive.jsonl").read_text().splitlines()
    assert set(json.loads(lines[0])) == {"id", "scores"} and "right" in json.loads(lines[0])["scores"]
    capsys.readouterr()
    assert main(["gate", run, "--baseline", baseline]) == 0
    assert "ok" in capsys.readouterr().out
