"""What every command line of Wenju shares: its options, and how a command ends.

Results go to standard output, progress and logs to standard error. Exit status: 0 fine; 1 an error (one line
says what to do); 2 wrong usage; 3 some of the files or lines failed; 130 stopped by Ctrl-C.
"""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from rag.errors import RagError

STOPPED = 130

Kb = Annotated[Path | None, typer.Option("--kb", metavar="DIR", help="the knowledge base (default: .wenju)")]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="settings (default: rag.toml)")]
Json = Annotated[bool, typer.Option("--json", help="print the result as one JSON object")]
Generator = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="a model's short name, folder or hub id; 'extractive'"),
]


class SeveralValues(TyperCommand):
    """A command whose options that may be repeated also take several values at once: ``--sets A B``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write the option's name before each of its values, then parse as usual.

        Raises:
            typer.BadParameter: such an option has no value.
        """
        names = {name for each in self.params if each.multiple for name in each.opts}
        written: list[str] = []
        option = ""  # whose values are being read
        for each, following in zip(args, [*args[1:], "-"], strict=False):
            if not each.startswith("-"):
                written += [option, each] if option else [each]
                continue
            option = each if each in names else ""
            if option and following.startswith("-"):
                raise typer.BadParameter(f"{option} needs a value")
            written += [] if option else [each]
        return super().parse_args(ctx, written)


def new_app(description: str | None = None) -> typer.Typer:
    """A command line without commands yet. A command's function returns its exit status."""
    return typer.Typer(
        help=description,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer, name: str, arguments: Sequence[str] | None, stopped: str = "stopped") -> int:
    """Run a command line and return the exit status.

    Args:
        app: its commands.
        name: what people type to start it: ``python -m rag``.
        arguments: theirs; by default the process's.
        stopped: what to say after Ctrl-C.

    Raises:
        SystemExit: wrong usage, with status 2.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command = typer.main.get_command(app)
        with command.make_context(name, given) as context:
            status = command.invoke(context)
        sys.stdout.flush()
        return int(status or 0)
    except typer.Exit as done:  # --help
        return done.exit_code
    except typer.TyperException as error:
        typer.echo(f"error: {error.format_message().rstrip('.')}; see `{name} --help`", err=True)
        raise SystemExit(error.exit_code) from error
    except RagError as error:
        typer.echo(f"error: {error}", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo(stopped, err=True)
        return STOPPED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
