"""``python -m training``: fit the numbers that ship with the program, train its small models.

See ``rag.command_line`` for exit statuses. A training that was stopped goes on with the same command.
"""

import sys
from collections.abc import Sequence

from rag.command_line import SeveralValues, new_app, run
from training.fit.confidence import confidence
from training.fit.curated import curated
from training.fit.merging import merging
from training.generator.average import generator_average
from training.generator.compare import generator_compare
from training.generator.gguf_adapter import gguf_adapter
from training.generator.train import generator
from training.reader.evaluate import evaluate
from training.reader.prepare import prepare
from training.reader.save import save
from training.reader.train import train

app = new_app("Fit the numbers that ship with the program, train its small models.")
for command in (
    confidence,
    curated,
    merging,
    generator,
    generator_compare,
    generator_average,
    gguf_adapter,
):
    app.command(cls=SeveralValues)(command)

reader = new_app("Train the reader.")
for step in (prepare, train, save, evaluate):
    reader.command(cls=SeveralValues)(step)
app.add_typer(reader, name="reader")


def main(arguments: Sequence[str] | None = None, name: str = "python -m training") -> int:
    """Run the command line and return the exit status; ``name`` is what starts it."""
    return run(app, name, arguments, stopped="stopped; the same command goes on from here")


if __name__ == "__main__":
    sys.exit(main())
