"""What goes between the process that ingests and those that read files: JSON objects with their length.

JSON and not pickle: what comes back from a process that has met a hostile file is data and nothing else.
"""

import json
import struct
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.reading.document import ReadDocument
from ingest.sources import SourceFile
from rag.knowledge_base import FaqEntry, NewDocument, NewPassage
from rag.text.sentences import Span

HEADER = struct.Struct("!Q")


def encode_frame(value: dict[str, Any]) -> bytes:
    """The object as bytes: eight of its length, big-endian, then UTF-8 JSON."""
    body = json.dumps(value, ensure_ascii=True).encode("ascii")
    return HEADER.pack(len(body)) + body


def decode_frame(body: bytes) -> dict[str, Any]:
    """The object of a frame's JSON.

    Raises:
        ValueError: it is no JSON object.
    """
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def file_to_json(file: SourceFile) -> dict[str, Any]:
    """A file as JSON."""
    return {**file._asdict(), "path": str(file.path)}


def file_from_json(value: dict[str, Any]) -> SourceFile:
    """The file that ``file_to_json`` encoded."""
    return SourceFile(**{**value, "path": Path(value["path"])})


def read_to_json(read: ReadDocument) -> dict[str, Any]:
    """A document that was read, as JSON."""
    return {"document": asdict(read.document), "passages": [asdict(each) for each in read.passages]}


def read_from_json(value: dict[str, Any]) -> ReadDocument:
    """The document that ``read_to_json`` encoded.

    Raises:
        KeyError, TypeError: it is none.
    """
    passages = [
        NewPassage(**{**each, "heading": tuple(each["heading"]), "entry": _entry_from_json(each["entry"])})
        for each in value["passages"]
    ]
    return ReadDocument(NewDocument(**value["document"]), passages)


def _entry_from_json(value: dict[str, Any] | None) -> FaqEntry | None:
    if value is None:
        return None
    return FaqEntry(tuple(Span(*each) for each in value["questions"]), Span(*value["answer"]))
