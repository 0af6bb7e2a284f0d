"""Which passages may be found: those of some documents, of some kinds, dates and pages."""

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final, Literal, Self

from rag.errors import ConfigError

EVERYTHING: Final = "everything"
Roots = AbstractSet[str] | Literal["everything"]  # paths of the ingested folders that may be seen, or all

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_PAGES = re.compile(r"\s*(\d{1,9})?\s*(-|–)?\s*(\d{1,9})?\s*")
_GLOB_PART = re.compile(r"\*\*/|\*\*|\[.[^]]*\]|.", re.DOTALL)
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a passage must be to be found: every field that is set must hold, of several values one.

    ``source``, ``exclude``, ``root``, ``type`` and ``lang`` may be given as one string or several.

    Raises:
        ConfigError: a value is not what its field says below.
    """

    source: tuple[str, ...] = ()  # globs of the document's source, as ``ingest --include`` reads them
    exclude: tuple[str, ...] = ()  # globs, none of which may match the source; see `exactly`
    root: tuple[str, ...] = ()  # the folder it was ingested from, as the knowledge base has it
    type: tuple[str, ...] = ()  # the suffix of its source: "pdf"
    lang: tuple[str, ...] = ()  # the passage's language: "zh", "en" or another ISO 639-1 code
    since: str = ""  # its document's date, a day (2025-03-01), a month (2025-03) or a year (2025)
    until: str = ""  # both ends are inclusive; a document without a date doesn't pass
    pages: str = ""  # the page it begins on: "3", "3-7", "3-" or "-7"; one without a page doesn't pass

    def __post_init__(self) -> None:
        for name in ("source", "exclude", "root", "type", "lang"):
            _set(self, name, _strings(name, getattr(self, name)))
        _set(self, "type", tuple(each.lower().removeprefix(".") for each in self.type))
        _set(self, "lang", tuple(each.lower() for each in self.lang))
        for name in ("since", "until"):
            _set(self, name, _date(name, getattr(self, name)))
        first, last = _pages(self.pages)
        for name in ("source", "exclude"):
            try:
                _pattern(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"the filter's {name!r} can't be used: {error}") from error
        for each in self.lang:
            if not _LANGUAGE.fullmatch(each):
                raise ConfigError(f"the filter's 'lang' {each!r} isn't a language code; write zh or en")
        shorter = min(len(self.since), len(self.until))
        if self.since[:shorter] > self.until[:shorter]:
            raise ConfigError(
                f"the filter's 'since' {self.since} is later than its 'until' {self.until}; swap them"
            )
        if last is not None and first > last:
            raise ConfigError(f"the filter's 'pages' {self.pages!r} end before they begin; swap the numbers")

    @property
    def is_empty(self) -> bool:
        """Whether everything passes."""
        return not self.to_record()

    @property
    def page_range(self) -> tuple[int, int | None]:
        """The first and the last page, both inclusive; None where there is no last one."""
        return _pages(self.pages)

    @property
    def source_patterns(self) -> tuple[str, ...]:
        """Regular expressions, each of which must match a document's whole source."""
        patterns = []
        if self.source:
            patterns.append(_pattern(self.source))
        if self.type:
            patterns.append(rf"(?is).*\.(?:{'|'.join(re.escape(each) for each in self.type)})")
        return tuple(patterns)

    @property
    def exclude_pattern(self) -> str | None:
        """A regular expression that must not match a document's whole source; None where any may."""
        return _pattern(self.exclude) if self.exclude else None

    def excluding(self, sources: Iterable[str]) -> Self:
        """The same filter, which the documents of these sources don't pass either."""
        return replace(self, exclude=(*self.exclude, *(exactly(each) for each in sorted(sources))))

    def to_record(self) -> dict[str, str | list[str]]:
        """The fields that are set, as JSON can hold them; ``from_record`` reads it."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """From a mapping of field names to values.

        Raises:
            ConfigError: a field is unknown, or a value is not what the field says.
        """
        known = [each.name for each in fields(cls)]
        unknown = [str(name) for name in record if name not in known]
        if unknown:
            raise ConfigError(f"a filter has no field {unknown[0]!r}; it may have {', '.join(known)}")
        return cls(**{name: value for name, value in record.items() if value is not None})

    def __str__(self) -> str:
        """In words: ``source notices/; since 2025``."""
        record = self.to_record()
        return "; ".join(
            f"{name} {value if isinstance(value, str) else ', '.join(value)}"
            for name, value in record.items()
        )


def compile_glob(text: str) -> re.Pattern[str]:
    """A glob as a pattern for whole sources. What matches a folder matches everything below it.

    A glob without a slash is for names anywhere (``*.md``, ``drafts``), one with a slash for paths from the
    root on (``hr/**/*.pdf``, ``hr/``).

    Raises:
        ValueError: it isn't a valid glob; says why.
    """
    body = text.removeprefix("./").strip("/")
    anchored = "/" in body or text.endswith("/") or text.startswith(("./", "/"))
    pattern = ("" if anchored else "(?:.*/)?") + _GLOB_PART.sub(_part_pattern, body)
    try:
        return re.compile(f"{pattern}(?:/.*)?")
    except re.error as error:
        raise ValueError(f"the pattern {text!r} isn't a valid glob: {error}") from error


def _part_pattern(match: re.Match[str]) -> str:
    part = match.group()
    if len(part) > 2 and part[0] == "[":
        inside = part[1:-1].replace("\\", r"\\").replace("[", r"\[")
        return f"[{'^' + inside[1:] if inside[0] == '!' else inside}]"
    return _WILDCARDS.get(part) or re.escape(part)


def exactly(source: str) -> str:
    """The glob that matches this source alone (and, were it a folder's, what is below it)."""
    return "/" + glob.escape(source)


def _pattern(globs: Iterable[str]) -> str:
    return "|".join(compile_glob(each).pattern for each in globs)


def _set(target: Filter, name: str, value: object) -> None:
    object.__setattr__(target, name, value)  # the dataclass is frozen; its values are put in form once


def _strings(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(each, str) for each in values):
        raise ConfigError(f"the filter's {name!r} is neither a string nor a list of strings")
    stripped = tuple(dict.fromkeys(each.strip() for each in values))
    if not all(stripped):
        raise ConfigError(f"the filter's {name!r} is empty; leave it out")
    return stripped


def _date(name: str, value: object) -> str:
    if value == "":
        return ""
    text = value.isoformat()[:10] if isinstance(value, date) else value
    found = _DATE.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        if found is None:
            raise ValueError("it has another form")
        year, month, day = (int(each or 1) for each in found.groups())
        date(year, month, day)
    except ValueError as error:
        raise ConfigError(
            f"the filter's {name!r} {value!r} isn't a date ({error}); write 2025, 2025-03 or 2025-03-01"
        ) from error
    return found[0]


def _pages(value: object) -> tuple[int, int | None]:
    if value == "":
        return 1, None
    found = _PAGES.fullmatch(value) if isinstance(value, str) else None
    first, dash, last = found.groups() if found else (None, None, None)
    if first is None and last is None:
        raise ConfigError(f"the filter's 'pages' {value!r} isn't a page or a range; write 3, 3-7, 3- or -7")
    end = last if dash else first
    return int(first or 1), int(end) if end is not None else None
