"""The lock that lets one process write to a knowledge base at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import KnowledgeBaseBusy, KnowledgeBaseError

LOCK = "writer.lock"


@contextmanager
def writing(folder: Path, timeout: float) -> Iterator[None]:
    """Hold the lock of the knowledge base in a folder.

    Args:
        folder: the knowledge base's.
        timeout: seconds to wait for another process.

    Raises:
        KnowledgeBaseBusy: another process holds it longer than that.
        KnowledgeBaseError: the folder can't be written to.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise KnowledgeBaseBusy(
            f"another process is writing to the knowledge base {folder}; run this again when it has finished"
        ) from error
    except OSError as error:
        raise KnowledgeBaseError(
            f"can't write to the knowledge base {folder}: {error.strerror}; see to the folder's permissions"
        ) from error
    try:
        yield
    finally:
        lock.release()
