"""Signs of life of a parser: pages that are done, so that a long document isn't taken for a stuck one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[], None] | None] = ContextVar("step_listener", default=None)


def page_done() -> None:
    """Say that a page (a slide, a sheet, an attachment) is done; each gives the document more time."""
    listener = _listener.get()
    if listener is not None:
        listener()


@contextmanager
def listening(listener: Callable[[], None]) -> Iterator[None]:
    """Within it, ``listener`` is called for each page that is done."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
