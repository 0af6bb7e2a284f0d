"""Several values after one option: ``--sets A B --systems default``.

Commands that compare sets and systems take many, and so do trainings. typer alone wants the option's name
before each.
"""

from typing import Any

import typer
from typer.core import TyperCommand


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
