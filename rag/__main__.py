"""``python -m rag``: ask, search, and look into a knowledge base (exit statuses: ``rag.command_line``)."""

import sys
from collections.abc import Sequence

from rag.command_line import new_app, run
from rag.commands import models
from rag.commands.ask import ask
from rag.commands.contents import documents, related, text, verify
from rag.commands.faq import faq
from rag.commands.search import search

app = new_app("Ask your documents; get an answer with its evidence.")
for command in (ask, search, documents, text, related, faq, verify):
    app.command()(command)
app.add_typer(models.app, name="models")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run(app, "python -m rag", arguments)


if __name__ == "__main__":
    sys.exit(main())
