"""Files that are there whole or not at all, and the folder of those that can be made anew."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/wenju``, or the platform's cache folder where that isn't set."""
    configured = os.environ.get("XDG_CACHE_HOME")
    if configured and Path(configured).is_absolute():  # the XDG specification has a relative one ignored
        return Path(configured) / "wenju"
    return platformdirs.user_cache_path("wenju", appauthor=False)


def write_atomically(file: Path, write: Callable[[Path], object]) -> str:
    """Write a file so that a reader, or a crash, finds the old one or the new one and nothing between.

    Args:
        file: where it shall be.
        write: given a temporary path in the same folder, writes the content there.

    Returns:
        The SHA-256 of the content.

    Raises:
        OSError: it can't be written; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        digest = file_digest(temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)
        sync_folder(file.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return digest


def file_digest(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
