"""Pages of a PDF that have no text layer worth the name, read by optical character recognition."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pypdfium2 import PdfiumError

from ingest.parsers.garbling import garbling
from ingest.parsers.ocr import OcrLine, has_ink, mean_confidence, read_picture, reading_order
from ingest.parsers.page_lines import Line
from ingest.parsers.pdf.pictures import PagePictures
from ingest.parsers.reading_context import page_done

logger = logging.getLogger(__name__)

_HOPELESS = 0.3  # garbled; below, what is readable is more exact than recognition
_SCAN = 0.5  # of the page: an image that large may hold its text
_LITTLE_TEXT = 200  # characters of a text layer (a header, a page number) that such an image may go beyond
_MUCH_MORE = 1.5  # times the text layer's characters, for recognized text to take its place


@dataclass(slots=True)
class Recognized:
    """Rows by page (1-based), pages without any ink, and how sure the engine was (0 to 1)."""

    pages: dict[int, list[Line]] = field(default_factory=dict)
    blank: list[int] = field(default_factory=list)
    confidence: float | None = None


def recognize_pages(data: bytes, password: str, pages: Sequence[Sequence[Line]]) -> Recognized:
    """Read the pages whose lines are missing, garbled, or few before a large image; one in memory at a time.

    A page where recognition finds less than the text layer has is left out.
    """
    recognized = Recognized()
    wanted = [number for number, lines in enumerate(pages, 1) if _may_need_it(lines)]
    if not wanted:
        return recognized
    found: list[OcrLine] = []
    try:
        with PagePictures(data, password) as pictures:
            for number, lines in _recognize(pictures, wanted, pages, recognized):
                recognized.pages[number] = reading_order(lines)
                found += lines
    except PdfiumError as error:  # it refuses some files that pypdf reads
        logger.warning("the pages can't be shown to be recognized: %s", error)
    if found:
        recognized.confidence = round(mean_confidence(found), 3)
    return recognized


def _recognize(
    pictures: PagePictures, wanted: Sequence[int], pages: Sequence[Sequence[Line]], recognized: Recognized
) -> Iterator[tuple[int, list[OcrLine]]]:
    for number in wanted:
        before = pages[number - 1]
        try:
            if not _is_bad(before) and pictures.covered(number) < _SCAN:
                continue
            picture = pictures.picture(number)
            if has_ink(picture):
                lines = read_picture(picture)
                if lines and _is_better(lines, before):
                    yield number, lines
            elif not _length(before):
                recognized.blank.append(number)
        except Exception as error:  # one page of many
            logger.warning("page %d can't be recognized: %s", number, error)
        page_done()


def _may_need_it(lines: Sequence[Line]) -> bool:
    return _length(lines) < _LITTLE_TEXT or _is_bad(lines)


def _is_bad(lines: Sequence[Line]) -> bool:
    return not _length(lines) or garbling(line.text for line in lines) > _HOPELESS


def _is_better(lines: Sequence[OcrLine], before: Sequence[Line]) -> bool:
    length = sum(len(line.text) for line in lines)
    if not _is_bad(before):
        return length > _MUCH_MORE * _length(before)
    readable = (1 - garbling(line.text for line in before)) * _length(before)
    return length >= readable and garbling(line.text for line in lines) <= _HOPELESS


def _length(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)
