"""The commands that measure, as a person runs them."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main

Config = Path


def _write(file: Path, records: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(each) + "\n" for each in records))


@pytest.fixture
def config(tmp_path: Path, tiny_embedder_folder: Path) -> Config:
    file = tmp_path / "rag.toml"
    file.write_text(
        f'[embedder]\nmodel = "{tiny_embedder_folder}"\ndevice = "cpu"\n[generator]\nmodel = "extractive"\n'
        '[ingest]\nworkers = 0\n[reader]\nmodel = "none"\n'
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


def test_robustness_asks_over_documents_that_were_chosen_and_goes_on_where_it_was(
    config: Config, cache: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "valves"
    folder.mkdir()
    colours = ("red", "green", "blue", "white", "black", "brown", "grey", "pink", "amber", "olive")
    texts = {each: f"The {each} valve was built in {1970 + n}." for n, each in enumerate(colours)}
    _write(folder / "corpus.jsonl", [{"id": each, "title": "", "text": text} for each, text in texts.items()])
    questions = [
        {"id": each, "text": f"When was the {each} valve built?", "lang": "en", "answers": [str(1970 + n)]}
        for n, each in enumerate(colours[:3])
    ]
    _write(folder / "queries.jsonl", questions)
    qrels = ["query-id\tcorpus-id\tscore", *(f"{each}\t{each}\t1" for each in colours[:3])]
    (folder / "qrels.tsv").write_text("\n".join(qrels) + "\n")
    run = tmp_path / "run"
    arguments = ["robustness", "--sets", str(folder), "--config", str(config), "--cases", "2"]
    arguments += ["--systems", "extractive", "--out", str(run)]

    assert main(arguments) == 0
    summary = json.loads((run / "summary.json").read_text())["valves"]["extractive"]
    assert summary["noise@0"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert summary["rejection"]["n"] == 2 and summary["followed_documents"]["n"] == 2
    file = run / "valves" / "robustness" / "extractive.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    rejected = [each for each in map(json.loads, lines) if each["ability"] == "rejection"]
    assert len(rejected) == 2
    for each in rejected:
        asked = each["text"].split()[3]
        assert f"valves/{asked}" not in {passage["source"] for passage in each["passages"]}
    file.write_text("".join(lines[:3]), encoding="utf-8")
    assert main(arguments) == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(lines)


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
