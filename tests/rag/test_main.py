"""``wenju``: every package's commands under one name; needs the project installed, as `make` does."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from rag.__main__ import wenju as main

ROOT = Path(__file__).parents[2]


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.split("Commands:")[1]
    for command in ("ask", "search", "related", "models", "ingest", "eval", "train"):
        assert f"\n  {command} " in listed


def test_a_command_of_rag_ends_as_it_does_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "--kb", str(tmp_path / "none")]) == 1
    assert "there is no knowledge base" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (["ingest", "--help"], "usage: wenju ingest"),
        (["eval", "trust", "--help"], "usage: wenju eval trust"),
    ],
)
def test_other_packages_read_their_own_arguments_and_help(
    capsys: pytest.CaptureFixture[str], arguments: list[str], usage: str
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.lower().startswith(usage)


def test_the_status_of_another_package_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(tmp_path / "none"), "--kb", str(tmp_path / "kb"), "--dry-run"]) == 1
    assert capsys.readouterr().err.startswith("error: there is no folder")
    with pytest.raises(SystemExit) as exit_info:
        main(["eval", "--nonsense"])
    assert exit_info.value.code == 2


def test_the_installed_command_is_this_one() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, name = scripts["wenju"].partition(":")
    assert getattr(import_module(module), name) is main
