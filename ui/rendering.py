"""The page's HTML, from the templates beside this module.

Documents and generated text are data: Jinja escapes every character of them, and none is read as HTML. Line
ends and indents in a template are for its reader alone and aren't in what it makes.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rag.presenting.explanation import beginning, is_weak
from rag.presenting.records import place
from rag.text.language import language_of
from ui.evidence import file_of, label
from ui.wording import counted

_BETWEEN_ELEMENTS = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
_BETWEEN_ATTRIBUTES = re.compile(r"\s*\n\s*")


class _Loader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, name, is_current = super().get_source(environment, template)
        source = _BETWEEN_ATTRIBUTES.sub(" ", _BETWEEN_ELEMENTS.sub("", source))
        return source, name, is_current


def render(template: str, macro: str, **values: object) -> str:
    """What a macro of ``templates/TEMPLATE.jinja`` makes of the values."""
    made = getattr(_environment().get_template(f"{template}.jinja").module, macro)
    return str(made(**values))


def lang_of(text: str) -> str:
    """The value of the ``lang`` attribute of an element that holds the text."""
    language = language_of(text)
    return "zh-Hans" if language == "zh" else language


def one_line(text: str) -> str:
    """The text with every run of white space made one space."""
    return " ".join(text.split())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_Loader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "lang": lang_of,
        "one_line": one_line,
        "place": place,
        "beginning": beginning,
        "label": label,
        "file": file_of,
        "counted": counted,
    }
    environment.globals |= {"is_weak": is_weak}
    return environment
