"""What reading pages depends on and tells, as settings of the context that a parser runs in.

Recognizing a page takes seconds; so it can be switched off, and whoever waits can be told of each page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watcher = Callable[[int, int], None]  # the number of the page that is done (1-based), of how many

_OCR: ContextVar[bool] = ContextVar("ocr", default=True)
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def ocr_enabled() -> bool:
    """Whether parsers recognize text in pictures; they do unless ``using_ocr(False)`` is around the call."""
    return _OCR.get()


@contextmanager
def using_ocr(enabled: bool) -> Iterator[None]:
    """Switch the recognition of text in pictures on or off, in this context and until the block ends."""
    token = _OCR.set(enabled)
    try:
        yield
    finally:
        _OCR.reset(token)


def page_done(number: int, pages: int) -> None:
    """Tell the watcher, if there is one, that a page has been recognized."""
    if watcher := _WATCHER.get():
        watcher(number, pages)


@contextmanager
def watching_pages(watcher: Watcher) -> Iterator[None]:
    """Have ``watcher`` called after each page that is recognized, in this context, until the block ends."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)
