"""What all command lines share: several values of an option, and how a command ends."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer

from rag.command_line import SeveralValues, new_app, run
from rag.errors import ConfigError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def app() -> typer.Typer:
    app = new_app("Says things.")

    @app.command(cls=SeveralValues)
    def say(
        words: Annotated[list[str], typer.Argument()],
        add: Annotated[list[str] | None, typer.Option()] = None,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> int:
        typer.echo(f"{words} {add} {loud}")
        return 3

    @app.command()
    def fail(how: str) -> None:
        raise {"error": ConfigError("the word is missing; give one"), "stop": KeyboardInterrupt()}[how]

    return app


def test_an_option_takes_all_values_up_to_the_next_option(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, "talk", ["say", "a", "--add", "b", "c", "--loud", "d"]) == 3
    assert capsys.readouterr().out == "['a', 'd'] ['b', 'c'] True\n"
    assert run(app, "talk", ["say", "a", "--add", "b", "--add", "c"]) == 3
    assert capsys.readouterr().out == "['a'] ['b', 'c'] False\n"


def test_an_option_without_a_value_is_wrong_usage(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        run(app, "talk", ["say", "a", "--add"])
    assert raised.value.code == 2
    assert "--add needs a value" in capsys.readouterr().err


def test_an_error_is_one_line_and_status_1(app: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, "talk", ["fail", "error"]) == 1
    assert capsys.readouterr().err == "error: the word is missing; give one\n"


def test_ctrl_c_is_status_130(app: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, "talk", ["fail", "stop"], stopped="it goes on from here") == 130
    assert capsys.readouterr().err == "it goes on from here\n"


@pytest.mark.parametrize("arguments", [[], ["shout"], ["say"], ["say", "a", "--soft"], ["say", "a", "--add"]])
def test_wrong_usage_is_one_line_that_names_the_help_and_status_2(
    app: typer.Typer, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        run(app, "talk", arguments)
    (line,) = capsys.readouterr().err.splitlines()
    assert exit_info.value.code == 2
    assert line.startswith("error: ") and "`talk --help`" in line


def test_help_is_printed_with_status_0(app: typer.Typer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, "talk", ["--help"]) == 0
    assert "Usage: talk" in capsys.readouterr().out


HELP = """
import sys
import eval.__main__, ingest.__main__, rag.__main__

for main in (rag.__main__.main, rag.__main__.wenju, ingest.__main__.main, eval.__main__.main):
    try:
        main(["--help"])
    except SystemExit:
        pass
    loaded = {"torch", "transformers"} & set(sys.modules)
    assert not loaded, f"{main.__module__}.{main.__name__} loads {loaded}"
"""


# Not of `training`, whose commands all compute with one.
@pytest.mark.processes
def test_help_loads_no_model_library() -> None:
    finished = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True)
    assert finished.returncode == 0, finished.stderr.decode()
    assert finished.stdout.lower().count(b"usage:") == 4


@pytest.mark.processes
def test_output_that_nobody_reads_any_more_is_no_error() -> None:
    script = (
        "import sys; from rag.command_line import new_app, run\napp = new_app()\n@app.command()\n"
        "def much() -> None:\n    for _ in range(100_000): print('x' * 80)\nsys.exit(run(app, 'much', []))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, b"")
