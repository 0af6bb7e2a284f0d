"""Pictures of text (scans, photographs, screenshots), by optical character recognition."""

import io
import warnings
from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import IFD, Base

from ingest.dates import first_date
from ingest.parsers.base import DocumentParser, UnreadableFile
from ingest.parsers.blocks import file_facts
from ingest.parsers.garbling import garbling
from ingest.parsers.ocr import (
    LONGEST_SIDE,
    STRIP,
    OcrLine,
    mean_confidence,
    ocr_blocks,
    read_picture,
    reading_order,
)
from ingest.parsers.page_lines import body_width, find_furniture, unwrap, words_of
from ingest.parsers.reading_context import ocr_enabled, page_done

_MOST_PIXELS = 100_000_000  # of one frame: a sheet of A3 at 600 dots an inch has 70 million
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")  # each decoder is a surface for attacks


class ImageParser(DocumentParser):
    """Reads ``.png``, ``.jpg``, ``.tif``, ``.bmp`` and ``.webp`` files; each frame of a TIFF is a page.

    Args:
        ocr: whether to recognize text at all; ``using_ocr(False)`` can forbid it too.
    """

    name = "image"

    def __init__(self, *, ocr: bool = True) -> None:
        self._ocr = ocr

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        if not (self._ocr and ocr_enabled()):
            raise UnreadableFile("it is a picture, and OCR is switched off")
        found: list[OcrLine] = []
        pages: list[list[str]] = []
        with _open(blob.as_bytes()) as image:
            modified = _taken(image)
            for picture in _frames(image):
                lines = read_picture(picture)
                pages.append([row.text for row in reading_order(lines)])
                found += lines
        if not found:
            raise UnreadableFile("no text was found in the picture")
        facts = file_facts(
            modified=modified,
            pages=len(pages),
            pages_without_text=[number for number, rows in enumerate(pages, 1) if not rows],
            pages_by_ocr=[number for number, rows in enumerate(pages, 1) if rows],
            ocr_confidence=round(mean_confidence(found), 3),
            garbling=round(garbling(line.text for line in found), 4),
        )
        return facts, list(_blocks(pages))


def _open(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is our own
            return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise UnreadableFile("it is too large: it would unpack to a huge picture") from error
    except UnidentifiedImageError as error:
        raise UnreadableFile("it is no picture of a known kind, or damaged") from error
    except Exception as error:  # decoders let many kinds through on damaged files
        raise UnreadableFile(f"the picture is damaged: {error}") from error


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """The pictures in a file, upright as its EXIF data tell, no larger than recognition can use.

    Of anything but a TIFF, the first one: the others are an animation's, or the same for another eye.
    """
    count = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    for index in range(count):
        try:
            image.seek(index)
            if image.width * image.height > _MOST_PIXELS:
                raise UnreadableFile(f"it is too large: {image.width} × {image.height} pixels")
            picture = _prepare(image)
        except UnreadableFile:
            raise
        except Exception as error:  # as in _open
            raise UnreadableFile(f"the picture is damaged: {error}") from error
        yield picture
        page_done()


def _prepare(image: Image.Image) -> Image.Image:
    if image.format == "JPEG":
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # large ones are decoded smaller
    picture = ImageOps.exif_transpose(image)
    if picture.mode.startswith("I"):  # 16 bits a pixel, of which a conversion would keep the lowest 8
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("RGB")
    long_side = min(max(picture.size), STRIP * min(picture.size))  # a strip will be read in pieces
    scale = LONGEST_SIDE / max(1, long_side)
    if scale >= 1:
        return picture
    return picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))


def _blocks(pages: list[list[str]]) -> Iterator[Document]:
    unwrap_lines = partial(unwrap, body=body_width(pages), known_words=words_of(pages))
    for number, (rows, furniture) in enumerate(zip(pages, find_furniture(pages), strict=True), 1):
        kept = [row for position, row in enumerate(rows) if position not in furniture]
        yield from ocr_blocks(unwrap_lines(kept), (), number)


def _taken(image: Image.Image) -> str:
    """When a photograph was taken, as ISO 8601, or ""."""
    try:
        exif = image.getexif()
        taken = exif.get_ifd(IFD.Exif).get(Base.DateTimeOriginal) or exif.get(Base.DateTime) or ""
        return first_date([str(taken).replace(":", "-", 2)])
    except Exception:  # damaged metadata
        return ""
