"""The options that say which passages may be found, of ``ask`` and ``search``."""

from typing import Annotated

import typer

from rag.filter import Filter

Source = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="their path: hr/, *.md or hr/**/*.pdf (repeatable)"),
]
Root = Annotated[
    list[str] | None, typer.Option(metavar="DIR", help="the folder ingested, as it is listed (repeatable)")
]
Type = Annotated[list[str] | None, typer.Option(metavar="SUFFIX", help="pdf, docx, md … (repeatable)")]
Lang = Annotated[
    list[str] | None,
    typer.Option(metavar="LANGUAGE", help="zh or en, a passage's language (repeatable)"),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="paths that are left out, even where --source names them (repeatable)"),
]
Since = Annotated[
    str | None, typer.Option(metavar="DATE", help="dated 2025, 2025-03 or 2025-03-01, or later")
]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="dated so or earlier")]
Pages = Annotated[
    str | None, typer.Option(metavar="A-B", help="the page that a passage begins on: 3, 3-7, 3- or -7")
]


def filter_of(**values: list[str] | str | None) -> Filter | None:
    """The filter that the options make, by their names; None if there are none.

    Raises:
        ConfigError: a value can't be used.
    """
    wanted = Filter.from_record({name: value or None for name, value in values.items()})
    return None if wanted.is_empty else wanted
