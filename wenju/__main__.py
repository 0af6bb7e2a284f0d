"""``wenju``: all command lines as one, installed with the package; ``python -m wenju`` is the same.

A package of its own, since it alone may import all others: ``rag`` stands below them.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

import rag.__main__
from rag.command_line import new_app, run

app = new_app("Ask your documents; get an answer with its evidence, or an honest no.")
app.add_typer(rag.__main__.app)


class HandedOn(TyperCommand):
    """A command that another package's command line reads itself, its ``--help`` too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the arguments as they are."""
        ctx.args = args
        return args


@app.command("ingest", cls=HandedOn)
def ingest(ctx: typer.Context) -> int:
    """Make a knowledge base stand for a folder of documents."""
    return _hand_on("ingest", ctx)


@app.command("eval", cls=HandedOn)
def evaluate(ctx: typer.Context) -> int:
    """Measure retrieval and answers, compare runs, and report."""
    return _hand_on("eval", ctx)


@app.command("train", cls=HandedOn)
def train(ctx: typer.Context) -> int:
    """Fit the numbers that ship with the program, train its small models."""
    return _hand_on("training", ctx)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run(app, "wenju", arguments)


def _hand_on(package: str, ctx: typer.Context) -> int:
    """Run another package's command line; it is imported here, since each takes seconds to load."""
    status: int = import_module(f"{package}.__main__").main(ctx.args, ctx.command_path)
    return status


if __name__ == "__main__":
    sys.exit(main())
