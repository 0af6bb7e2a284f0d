"""The options that say which passages may be found, of ``ask`` and ``search``."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from rag.filter import Filter

_SEVERAL = list[str] | None
_ONE = str | None
_OPTIONS: dict[str, tuple[Any, str, str]] = {  # of the fields of a filter: type, what it takes, help
    "source": (_SEVERAL, "GLOB", "their path: hr/, *.md or hr/**/*.pdf (repeatable)"),
    "exclude": (_SEVERAL, "GLOB", "paths that are left out, even where --source names them (repeatable)"),
    "root": (_SEVERAL, "DIR", "the folder ingested, as it is listed (repeatable)"),
    "type": (_SEVERAL, "SUFFIX", "pdf, docx, md … (repeatable)"),
    "lang": (_SEVERAL, "LANGUAGE", "zh or en, a passage's language (repeatable)"),
    "since": (_ONE, "DATE", "dated 2025, 2025-03 or 2025-03-01, or later"),
    "until": (_ONE, "DATE", "dated so or earlier"),
    "pages": (_ONE, "A-B", "the page that a passage begins on: 3, 3-7, 3- or -7"),
}


def with_filter_options(command: Callable[..., int]) -> Callable[..., int]:
    """The command with the options above in place of its parameter ``filter``; None if none is given.

    It raises ConfigError for a value that can't be used.
    """
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            annotation=kind,
            default=typer.Option(None, metavar=metavar, help=help),
        )
        for name, (kind, metavar, help) in _OPTIONS.items()
    ]
    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for each in signature.parameters.values():
        parameters += options if each.name == "filter" else [each]

    @wraps(command)
    def filtered(**values: Any) -> int:
        wanted = Filter.from_record({name: values.pop(name) or None for name in _OPTIONS})
        return command(filter=None if wanted.is_empty else wanted, **values)

    filtered.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return filtered
