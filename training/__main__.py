"""``python -m training``: fit the numbers that ship with the program, train its small models.

Results go to standard output, progress to standard error. Exit status 0; 1 for an error; 2 for wrong usage;
130 stopped.
"""

import argparse
import sys

from rag.errors import RagError
from training.fit.command import add_confidence_command


def main(argv: list[str] | None = None, name: str = "python -m training") -> int:
    """Run the command line and return the exit status; ``name`` is what starts it."""
    parser = argparse.ArgumentParser(prog=name, description="Fit and train what ships.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    add_confidence_command(subparsers)
    args = parser.parse_args(argv)
    try:
        return int(args.handler(args))
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
