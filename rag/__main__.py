"""``python -m rag`` and ``wenju``: ask, search, look into a knowledge base (exit statuses: ``command_line``).

``wenju`` also has the commands that other packages declare as entry points of the group ``wenju.commands``:
``ingest``, ``eval``, ``train``. So ``rag`` imports none of them, and any other package can add its own.
"""

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand

from rag.command_line import new_app, run
from rag.commands import models
from rag.commands.ask import ask, search
from rag.commands.contents import documents, faq, related, text, verify


class HandedOn(TyperCommand):
    """A command that another package's command line reads itself, its ``--help`` too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the arguments as they are."""
        ctx.args = args
        return args


def rag_app() -> typer.Typer:
    """The commands of ``rag``."""
    app = new_app("Ask your documents; get an answer with its evidence, or an honest no.")
    for command in (ask, search, documents, text, related, faq, verify):
        app.command()(command)
    app.add_typer(models.app, name="models")
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``python -m rag`` and return the exit status."""
    return run(rag_app(), "python -m rag", arguments)


def wenju(arguments: Sequence[str] | None = None) -> int:
    """Run ``wenju`` and return the exit status."""
    app = rag_app()
    for entry in entry_points(group="wenju.commands"):
        app.command(entry.name, cls=HandedOn, help=f"See `wenju {entry.name} --help`.")(_handing_on(entry))
    return run(app, "wenju", arguments)


def _handing_on(entry: EntryPoint) -> Any:
    def command(ctx: typer.Context) -> int:
        status: int = entry.load()(ctx.args, ctx.command_path)  # imported here: it takes seconds
        return status

    return command


if __name__ == "__main__":
    sys.exit(main())
