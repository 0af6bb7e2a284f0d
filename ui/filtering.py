"""The filter: which documents a question is answered from, chosen among what the knowledge base holds."""

import calendar
import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.filter import Filter
from rag.service import Service
from rag.settings import Settings
from ui.filter_text import language_name
from ui.opened import Edition, open_base
from ui.wording import WORDINGS, Language, Wording

if TYPE_CHECKING:
    from rag.knowledge_base import StoredDocument

_KEYS = ("filter-roots", "filter-folders", "filter-types", "filter-languages", "filter-since", "filter-until")


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from."""

    roots: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()  # "hr/", and "hr/old/" below it
    types: tuple[str, ...] = ()  # "pdf"
    languages: tuple[str, ...] = ()
    first: date | None = None  # of the documents' dates
    last: date | None = None


def choices_of(documents: "Sequence[StoredDocument]") -> Choices:
    """What the documents that could be read can be told apart by."""
    read = [each for each in documents if each.status == "ok" and each.passages]
    paths = [PurePosixPath(each.source) for each in read]
    days = [days for each in read if (days := _days(each.modified)) is not None]
    return Choices(
        roots=tuple(sorted({each.root for each in read})),
        folders=tuple(sorted({f"{folder}/" for path in paths for folder in path.parents if folder.name})),
        types=tuple(sorted({path.suffix[1:].lower() for path in paths if path.suffix[1:]})),
        languages=tuple(sorted({each.lang for each in read})),
        first=min((first for first, _ in days), default=None),
        last=max((last for _, last in days), default=None),
    )


def choose_filter(settings: Settings, language: Language) -> Filter | None:
    """Draw the filter's widgets; returns what is chosen, None if nothing is."""
    wording = WORDINGS[language]
    try:
        base = open_base(settings)
        choices = _choices(base.edition, base.service)
    except RagError:
        return None  # the sidebar says so below
    if choices == Choices():
        return None
    with st.expander(wording.filter, icon=":material/filter_alt:"):
        roots = (
            _choose(wording.filter_roots, choices.roots, "filter-roots", wording) if choices.roots[1:] else []
        )
        folders = _choose(wording.filter_folders, choices.folders, "filter-folders", wording)
        types = _choose(wording.filter_types, choices.types, "filter-types", wording, str.upper)
        languages = _choose(
            wording.filter_languages, choices.languages, "filter-languages", wording, language_name
        )
        days = _choose_days(choices, wording)
        chosen = Filter(
            source=tuple(glob.escape(each) for each in folders),
            root=tuple(roots),
            type=tuple(types),
            lang=tuple(languages),
            since=days[0].isoformat() if days[0] else "",
            until=days[1].isoformat() if days[1] else "",
        )
        if chosen.is_empty:
            return None
        st.button(wording.filter_clear, icon=":material/filter_alt_off:", key="filter-clear", on_click=_clear)
    return chosen


def _choose(
    label: str,
    options: Sequence[str],
    key: str,
    wording: Wording,
    shown: Callable[[str], str] = str,
) -> list[str]:
    """What is chosen of the options. What the knowledge base no longer holds is chosen no more."""
    if not options:
        return []
    if key in st.session_state:
        st.session_state[key] = [each for each in st.session_state[key] if each in options]
    return st.multiselect(label, options, key=key, format_func=shown, placeholder=wording.filter_any)


def _choose_days(choices: Choices, wording: Wording) -> tuple[date | None, date | None]:
    """The first and the last day that are chosen."""
    if choices.first is None or choices.last is None:
        return None, None
    days: list[date | None] = []
    labels = (wording.filter_since, wording.filter_until)
    for label, key in zip(labels, _KEYS[-2:], strict=True):
        kept = st.session_state.get(key)
        if isinstance(kept, date) and not choices.first <= kept <= choices.last:
            st.session_state[key] = None
        day = st.date_input(label, None, choices.first, choices.last, key=key, format="YYYY-MM-DD")
        days.append(day if isinstance(day, date) else None)
    return in_order(days[0], days[1])


def in_order(since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """Both days, the earlier one first."""
    return (until, since) if since and until and since > until else (since, until)


def _clear() -> None:
    for key in _KEYS:
        st.session_state.pop(key, None)


@st.cache_data(show_spinner=False, max_entries=16, ttl=60)
def _choices(edition: Edition, _service: Service) -> Choices:
    return choices_of(_service.documents())


def _days(modified: str) -> tuple[date, date] | None:
    """The first and the last day that a document's date stands for: a day, or those of a month or year."""
    try:
        numbers = [int(each) for each in modified[:10].split("-")]
        year, month = numbers[0], numbers[1] if len(numbers) > 1 else 0
        if len(numbers) > 2:
            return date(*numbers), date(*numbers)
        last = month or 12
        return date(year, month or 1, 1), date(year, last, calendar.monthrange(year, last)[1])
    except (ValueError, TypeError):
        return None
