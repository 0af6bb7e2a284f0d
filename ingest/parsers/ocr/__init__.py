"""Optical character recognition: from pictures to lines, and from lines to text in reading order."""

from ingest.parsers.ocr.layout import ocr_blocks, reading_order
from ingest.parsers.ocr.recognition import (
    LONGEST_SIDE,
    STRIP,
    OcrLine,
    has_ink,
    mean_confidence,
    read_picture,
)

__all__ = [
    "LONGEST_SIDE",
    "STRIP",
    "OcrLine",
    "has_ink",
    "mean_confidence",
    "ocr_blocks",
    "read_picture",
    "reading_order",
]
