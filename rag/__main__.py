"""``python -m rag``: ask, search, and look into a knowledge base.

Results go to standard output, progress and logs to standard error. Exit status: 0 (declining to answer
included), 1 for an error (one line says what to do), 2 for wrong usage, 3 when some lines of a batch failed.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from rag.errors import RagError
from rag.settings import load_settings


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = build_parser()
    args = parser.parse_args(argv)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    try:
        args.settings = load_settings(args.config)
        if args.kb is not None:
            args.settings = args.settings.override("knowledge_base", path=args.kb)
        status: int = args.handler(args)
        return status
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. Command modules are imported here, since they pull in heavy libraries."""
    from rag.commands import ask, documents, faq, models, search, verify

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--kb", type=Path, metavar="DIR", help="the knowledge base (default: .wenju)")
    common.add_argument("--config", type=Path, metavar="FILE", help="settings (default: rag.toml)")
    parser = argparse.ArgumentParser(
        prog="python -m rag", description="Ask your documents; get an answer with its evidence."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (ask, search, documents, faq, verify, models):
        command.add_parser(subparsers, common)
    return parser


if __name__ == "__main__":
    sys.exit(main())
