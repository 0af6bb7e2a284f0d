"""The command line of trainings."""

import json
from pathlib import Path

import pytest

from tests.training.generator.test_average import made
from training.__main__ import main

COMMANDS = (
    "confidence",
    "curated",
    "merging",
    "generator",
    "generator-compare",
    "generator-average",
    "gguf-adapter",
)


def test_every_training_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.strip().splitlines()] == [*COMMANDS, "reader"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_its_arguments_is_wrong_usage(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main([command])
    assert raised.value.code == 2
    assert "Missing" in capsys.readouterr().err


def test_adapters_are_averaged(tmp_path: Path) -> None:
    files = [str(made(tmp_path / name, value)) for name, value in (("a", 1.0), ("b", 2.0))]
    assert main(["generator-average", *files, "--out", str(tmp_path / "mean")]) == 0
    assert (tmp_path / "mean").is_file()


def test_an_adapter_is_written_for_llama_cpp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adapter = str(made(tmp_path / "a", 1.0))
    assert main(["gguf-adapter", adapter, str(tmp_path / "a.gguf")]) == 0
    assert (tmp_path / "a.gguf").read_bytes().startswith(b"GGUF")
    assert main(["gguf-adapter", adapter, str(tmp_path / "none" / "a.gguf")]) == 1
    assert capsys.readouterr().err.startswith("error: can't write")


def test_what_goes_wrong_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(made(tmp_path / "a", 1.0)), str(made(tmp_path / "b", 1.0, base="c"))]
    assert main(["generator-average", *files, "--out", str(tmp_path / "mean")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1


def test_confidence_is_fitted_to_a_run_and_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = {"generator": {"model": "g"}, "embedder": {"model": "e"}, "adapter": "a"}
    (tmp_path / "run.json").write_text(json.dumps({"systems": {"default": models}}), encoding="utf-8")
    for name in ("one", "two"):
        folder = tmp_path / name / "answers"
        folder.mkdir(parents=True)
        lines = [
            {
                "id": str(number),
                "lang": "zh",
                "answers": ["250"],
                "answerable": True,
                "draft": f"每 {250 if number % 3 else 300} 小时[1]。",
                "signals": {"lead": (number % 3) + (number % 7) / 4},
            }
            for number in range(90)
        ]
        text = "".join(json.dumps(each) + "\n" for each in lines)
        (folder / "default.jsonl").write_text(text, encoding="utf-8")
    out = tmp_path / "calibration.json"
    assert main(["confidence", str(tmp_path), "--keep", "0.8", "--out", str(out)]) == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert (written["generator"], written["adapter"], set(written["weights"])) == ("g", "a", {"lead"})
    said = capsys.readouterr().out
    assert "| all | 180 | 0.667 |" in said and f"withheld below {written['threshold']}" in said
    assert main(["confidence", str(tmp_path), "--keep", "2"]) == 1
