"""The flags that say which passages may be found."""

import argparse

from rag.filter import Filter


def add_filter_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of ``ask`` and ``search``."""
    flags = parser.add_argument_group("which documents", "what is given must hold; of several values one")
    flags.add_argument(
        "--source", action="append", metavar="GLOB", help="their path: hr/, *.md or hr/**/*.pdf (repeatable)"
    )
    flags.add_argument("--exclude", action="append", metavar="GLOB", help="a path that is left out, likewise")
    flags.add_argument("--root", action="append", metavar="DIR", help="the folder ingested, as it is listed")
    flags.add_argument("--type", action="append", metavar="SUFFIX", help="pdf, docx, md … (repeatable)")
    flags.add_argument("--lang", action="append", metavar="LANGUAGE", help="zh or en, a passage's language")
    flags.add_argument("--since", metavar="DATE", help="dated 2025, 2025-03 or 2025-03-01, or later")
    flags.add_argument("--until", metavar="DATE", help="dated so or earlier")
    flags.add_argument("--pages", metavar="A-B", help="the page that a passage begins on: 3, 3-7, 3- or -7")


def filter_of(args: argparse.Namespace) -> Filter | None:
    """The filter that the flags make; None if there are none.

    Raises:
        ConfigError: a value can't be used.
    """
    names = ("source", "exclude", "root", "type", "lang", "since", "until", "pages")
    wanted = Filter.from_record({name: getattr(args, name) for name in names})
    return None if wanted.is_empty else wanted
