"""E-mail (.eml) and web pages saved as one (.mht), by the standard library's parser (RFC 5322, MIME).

A message is its subject as a heading, who wrote to whom and when, its text, and what is attached, each
attachment below a heading with its name. Nothing is fetched: a remote picture stays a link nobody follows.
"""

import email
import email.policy
import email.utils
import logging
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.dates import iso_date
from ingest.parsers.base import DocumentParser, UnreadableFile
from ingest.parsers.blocks import HeadingPath, block, file_facts
from ingest.parsers.html import html_blocks
from ingest.parsers.mail_text import attachment_name, header_text, part_text, sent_at
from ingest.parsers.reading_context import page_done
from ingest.parsers.registry import parser_for

logger = logging.getLogger(__name__)

_SHOWN = ("From", "To", "Cc", "Date")
_DEEPEST = 5  # messages within messages
_MOST_ATTACHMENTS = 200
_MESSAGE_SUFFIXES = (".eml", ".mht", ".mhtml")


class MailParser(DocumentParser):
    """Reads ``.eml`` and ``.mht`` files."""

    name = "mail"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        message = _message(blob.as_bytes())
        if not message.keys():
            raise UnreadableFile("it isn't an e-mail: it has no header")
        blocks = list(_message_blocks(message, (), 1))
        return file_facts(title=header_text(message, "Subject"), modified=iso_date(sent_at(message))), blocks


def _message(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data.lstrip(), _class=EmailMessage, policy=email.policy.default)


def _message_blocks(message: EmailMessage, above: tuple[str, ...], depth: int) -> Iterator[Document]:
    subject = header_text(message, "Subject")
    heading = (*above, subject) if subject else above
    if subject:
        yield block("heading", subject, heading=heading, level=len(heading))
    headers = [f"{name}: {text}" for name in _SHOWN if (text := header_text(message, name))]
    yield block("prose", "\n".join(headers), heading=heading)
    body = _body(message)
    if body is not None:
        yield from _body_blocks(body, heading)
    attachments = [part for part in _leaves(message) if part is not body and _is_attached(part, message)]
    if len(attachments) > _MOST_ATTACHMENTS:
        logger.warning("it has %d attachments, of which %d are read", len(attachments), _MOST_ATTACHMENTS)
    for part in attachments[:_MOST_ATTACHMENTS]:
        yield from _attachment(part, heading, depth)
        page_done()


def _body(message: EmailMessage) -> EmailMessage | None:
    """The part that is the message's text: plain text if there is any, else HTML."""
    for kinds in (("plain",), ("html",)):
        try:
            found: Any = message.get_body(preferencelist=kinds)
        except (KeyError, AttributeError, ValueError):  # a multipart message without parts
            continue
        if found is not None and found.get_content_maintype() == "text" and part_text(found).strip():
            return found if isinstance(found, EmailMessage) else None
    return None


def _body_blocks(part: EmailMessage, heading: tuple[str, ...]) -> Iterator[Document]:
    if part.get_content_subtype() == "html":
        made = list(html_blocks(part_text(part), HeadingPath()))
    else:
        made = [block("prose", each) for each in part_text(part).replace("\r\n", "\n").split("\n\n")]
    yield from (_below(heading, each) for each in made)


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts without parts, attached messages whole, in order and without recursion."""
    stack: list[Any] = [message]
    while stack:
        part = stack.pop()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            stack.extend(reversed(part.get_payload()))
        else:
            yield part


def _is_attached(part: EmailMessage, message: EmailMessage) -> bool:
    """Whether a part is something to read: not the other form of the text, nor a picture within it."""
    if part is message:
        return part.get_content_maintype() != "text"
    if part.get_content_maintype() == "message" or part.get_content_disposition() == "attachment":
        return True
    if part.get_content_maintype() in ("text", "multipart"):
        return bool(part.get_filename())
    return part.get("Content-ID") is None and part.get("Content-Location") is None


def _attachment(part: EmailMessage, above: tuple[str, ...], depth: int) -> Iterator[Document]:
    name = attachment_name(part)
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    try:
        blocks = list(_attached_blocks(part, name, suffix, depth))
    except UnreadableFile as error:
        logger.warning("the attachment %s can't be read: %s", name, error)
        return
    except Exception as error:  # its parser may raise anything, and the message goes on without it
        logger.warning("the attachment %s can't be read: %s: %s", name, type(error).__name__, error)
        return
    heading = (*above, name)
    yield block("heading", name, heading=heading, level=len(heading))
    yield from (_below(heading, each) for each in blocks)


def _attached_blocks(part: EmailMessage, name: str, suffix: str, depth: int) -> Iterator[Document]:
    is_message = part.get_content_type() == "message/rfc822" or suffix in _MESSAGE_SUFFIXES
    if is_message and depth >= _DEEPEST:
        raise UnreadableFile("messages are attached within each other too deeply")
    payload: Any = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
        yield from _message_blocks(payload[0], (), depth + 1)
        return
    data: Any = part.get_payload(decode=True) or b""
    if is_message:
        yield from _message_blocks(_message(data), (), depth + 1)
        return
    parser = parser_for(suffix)
    if parser is None:
        raise UnreadableFile(f"its type ({part.get_content_type()}) isn't read")
    for each in parser.lazy_parse(Blob.from_data(data, path=name)):
        if each.metadata.get("kind") != "file":
            yield each


def _below(heading: tuple[str, ...], document: Document) -> Document:
    """The block under further headings. Its page is one of the attachment, not of the message."""
    metadata = {**document.metadata, "page": None}
    metadata["heading"] = (*heading, *metadata.get("heading", ()))
    if "level" in metadata:
        metadata["level"] += len(heading)
    return document.model_copy(update={"metadata": metadata})
