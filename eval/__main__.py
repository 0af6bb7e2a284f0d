"""``python -m eval``: measure retrieval and answers, compare runs, and report.

Results go to standard output, progress to standard error. Exit status 0; 1 for an error, or a regression that
the gate found; 2 for wrong usage; 130 stopped.
"""

import argparse
import logging
import os
import sys

from eval.commands.comparing import add_comparing_commands
from eval.commands.generating import add_generate_command
from eval.commands.measuring import add_measuring_commands
from eval.commands.trusting import add_trust_command
from rag.errors import RagError


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m eval", description="Measure retrieval and answers on questions with gold data."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    add_measuring_commands(subparsers)
    add_comparing_commands(subparsers)
    add_generate_command(subparsers)
    add_trust_command(subparsers)
    args = parser.parse_args(argv)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        status = int(args.handler(args))
        sys.stdout.flush()
        return status
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
