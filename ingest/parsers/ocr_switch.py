"""Whether parsers recognize text in pictures, which takes seconds a page: a setting of the context."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_OCR: ContextVar[bool] = ContextVar("ocr", default=True)


def ocr_enabled() -> bool:
    """Whether to recognize text in pictures; so it is unless ``using_ocr(False)`` is around the call."""
    return _OCR.get()


@contextmanager
def using_ocr(enabled: bool) -> Iterator[None]:
    """Switch recognition on or off, in this thread (or asynchronous task) and until the block ends."""
    token = _OCR.set(enabled)
    try:
        yield
    finally:
        _OCR.reset(token)
