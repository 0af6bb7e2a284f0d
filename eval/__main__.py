"""``python -m eval``: measure retrieval and answers, compare runs, and report.

Exit statuses: ``rag.command_line``; besides, 1 for a regression that the gate found.
"""

import sys
from collections.abc import Sequence

from eval.commands import comparing, generating, measuring, trusting
from rag.command_line import new_app, run

app = new_app("Measure retrieval and answers on questions with gold data.")
for each in (measuring, comparing, generating, trusting):
    app.add_typer(each.app)


def main(arguments: Sequence[str] | None = None, name: str = "python -m eval") -> int:
    """Run the command line and return the exit status; ``name`` is what starts it."""
    return run(app, name, arguments, stopped="stopped; the same command goes on from here")


if __name__ == "__main__":
    sys.exit(main())
