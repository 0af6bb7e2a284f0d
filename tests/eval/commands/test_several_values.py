from typing import Annotated

import pytest
import typer

from eval.commands.several_values import SeveralValues
from rag.command_line import new_app, run


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
        return 0

    return app


def test_an_option_takes_all_values_up_to_the_next_option(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(app, "talk", ["a", "--add", "b", "c", "--loud", "d"]) == 0
    assert capsys.readouterr().out == "['a', 'd'] ['b', 'c'] True\n"
    assert run(app, "talk", ["a", "--add", "b", "--add", "c"]) == 0
    assert capsys.readouterr().out == "['a'] ['b', 'c'] False\n"


def test_an_option_without_a_value_is_wrong_usage(
    app: typer.Typer, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        run(app, "talk", ["a", "--add"])
    assert raised.value.code == 2 and "--add needs a value" in capsys.readouterr().err
