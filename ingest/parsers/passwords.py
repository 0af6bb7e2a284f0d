"""The passwords that parsers try on files that need one: a setting of the context that reading runs in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PASSWORDS: ContextVar[tuple[str, ...]] = ContextVar("passwords", default=())


def passwords() -> tuple[str, ...]:
    """The passwords to try, in order; none unless ``using_passwords`` is around the call."""
    return _PASSWORDS.get()


@contextmanager
def using_passwords(values: Iterable[str]) -> Iterator[None]:
    """Have parsers try these passwords, in this thread (or asynchronous task) and until the block ends."""
    token = _PASSWORDS.set(tuple(dict.fromkeys(values)))
    try:
        yield
    finally:
        _PASSWORDS.reset(token)
