"""Zip archives that anybody may have made: read in memory only, and never more than they may unpack to.

What the directory declares for an entry bounds what ``zipfile`` yields of it, but not what it unpacks on the
way; so entries large enough to matter are first unpacked in small pieces, where a lie shows as a wrong
checksum.
"""

import io
import zipfile
import zlib

from ingest.parsers.base import UnreadableFile

_PIECE = 1 << 16  # bytes
_WORTH_MEASURING = 100_000  # packed bytes; deflate can make a thousand times as much of them, 100 MB
_BOMB_BYTES = 20_000_000  # what is smaller unpacked does no harm, however tightly it is packed
_BOMB_RATIO = 300
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


def open_archive(data: bytes, most_bytes: int = 1_000_000_000) -> zipfile.ZipFile:
    """The archive, of which every entry can be unpacked without harm.

    Args:
        data: the file.
        most_bytes: how many bytes all entries together may have, unpacked.

    Raises:
        UnreadableFile: it is no whole zip archive, or a zip bomb.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
        total = sum(entry.file_size for entry in entries)
        if total > most_bytes:
            raise UnreadableFile(f"it unpacks to {total / 1e9:.1f} GB, more than is read")
        for entry in entries:
            if entry.file_size > _BOMB_BYTES and entry.file_size > _BOMB_RATIO * entry.compress_size:
                raise UnreadableFile(f"{entry.filename!r} in it is packed like a zip bomb")
            if entry.compress_type != zipfile.ZIP_STORED and entry.compress_size > _WORTH_MEASURING:
                _measure(archive, entry)
    except _DAMAGED as error:
        raise UnreadableFile("it is damaged or cut off: it isn't a whole zip archive") from error
    return archive


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry's bytes.

    Raises:
        UnreadableFile: it is damaged, or needs a password.
        KeyError: there is none of that name.
    """
    try:
        with archive.open(name) as entry:
            return b"".join(iter(lambda: entry.read(_PIECE), b""))
    except RuntimeError as error:  # how zipfile says that an entry is encrypted
        raise UnreadableFile("it needs a password") from error
    except _DAMAGED as error:
        raise UnreadableFile(f"{name!r} in it is damaged") from error


def _measure(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 1:  # encrypted: reading it will say so
        return
    with archive.open(entry) as stream:
        while stream.read(_PIECE):
            pass
