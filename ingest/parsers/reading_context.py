"""What a parser's caller sets around the call: passwords, whether to recognize text, who hears of pages.

Each setting holds in this thread (or asynchronous task) and until its block ends.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

_Value = TypeVar("_Value")
_PASSWORDS: ContextVar[tuple[str, ...]] = ContextVar("passwords", default=())
_OCR: ContextVar[bool] = ContextVar("ocr", default=True)
_LISTENER: ContextVar[Callable[[], None] | None] = ContextVar("page_listener", default=None)


def passwords() -> tuple[str, ...]:
    """The passwords to try on files that need one, in order; none without ``using_passwords``."""
    return _PASSWORDS.get()


def ocr_enabled() -> bool:
    """Whether to recognize text in pictures, which takes seconds a page; yes without ``using_ocr``."""
    return _OCR.get()


def page_done() -> None:
    """Say that a page (a slide, a sheet, an attachment) is done: each gives the document more time."""
    listener = _LISTENER.get()
    if listener is not None:
        listener()


@contextmanager
def using_passwords(values: Iterable[str]) -> Iterator[None]:
    """Have parsers try these passwords."""
    with _set(_PASSWORDS, tuple(dict.fromkeys(values))):
        yield


@contextmanager
def using_ocr(enabled: bool) -> Iterator[None]:
    """Switch the recognition of text in pictures on or off."""
    with _set(_OCR, enabled):
        yield


@contextmanager
def listening(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called for each page that is done."""
    with _set(_LISTENER, listener):
        yield


@contextmanager
def _set(variable: ContextVar[_Value], value: _Value) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
