"""Text of e-mail headers and parts, in whatever encoding they are or claim to be."""

import email.errors
import email.header
import email.utils
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from ingest.normalization import normalize_line
from ingest.parsers.base import UnreadableFile
from ingest.parsers.encoding import decode


def header_text(message: EmailMessage, name: str) -> str:
    """A header as one line, "" if there is none.

    Read as it stands in the file, for the library decodes encoded words strictly (GBK declared as GB2312 is
    common) and drops bytes that aren't ASCII.
    """
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        pieces: list[tuple[Any, str | None]] = email.header.decode_header(raw)
    except (email.errors.HeaderParseError, ValueError):
        pieces = [(raw, None)]
    return normalize_line("".join(_piece(value, charset) for value, charset in pieces))


def sent_at(message: EmailMessage) -> datetime | None:
    """When the message was sent, if its header says so in the right form."""
    try:
        return email.utils.parsedate_to_datetime(header_text(message, "Date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def part_text(part: EmailMessage) -> str:
    """The text of a part of type text."""
    data: Any = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return decode(data, part.get_content_charset()).text
    except UnreadableFile:
        return data.decode("utf-8", "replace")


def attachment_name(part: EmailMessage) -> str:
    """What an attachment is called, without folders; its type if it has no name."""
    try:
        name = normalize_line(part.get_filename() or "")
    except (LookupError, ValueError, TypeError):  # an unknown or broken encoding
        name = ""
    if "=?" in name:  # an encoded word where the standard wants RFC 2231
        pieces: list[tuple[Any, str | None]] = email.header.decode_header(name)
        name = normalize_line("".join(_piece(value, charset) for value, charset in pieces))
    name = name.replace("\\", "/").rpartition("/")[2]
    return name or (
        f"{part.get_content_type()}" if part.get_content_type() != "message/rfc822" else "message"
    )


def _piece(value: str | bytes, charset: str | None) -> str:
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if charset is None and value.isascii():
        return value.decode("ascii")
    try:
        return decode(value, charset).text
    except UnreadableFile:
        return value.decode("utf-8", "replace")
