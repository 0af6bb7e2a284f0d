"""Pages of a PDF as pictures, by PDFium, one at a time."""

import threading
from types import TracebackType

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from ingest.parsers.ocr import LONGEST_SIDE

_RESOLUTION = 200  # dots an inch
_POINTS = 72  # an inch
_LOCK = threading.Lock()  # PDFium knows no threads


class PagePictures:
    """The pages of a PDF to look at. A context manager.

    Raises:
        pdfium.PdfiumError: PDFium can't open the file, or (in the methods) can't read the page.
    """

    def __init__(self, data: bytes, password: str = "") -> None:
        with _LOCK:
            self._document = pdfium.PdfDocument(data, password=password or None)

    def __enter__(self) -> "PagePictures":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _LOCK:
            self._document.close()

    def picture(self, number: int) -> Image.Image:
        """The page (1-based) as it is seen, at 200 dots an inch if it isn't too large for that."""
        with _LOCK:
            page = self._document[number - 1]
            try:
                scale = min(_RESOLUTION / _POINTS, LONGEST_SIDE / max(1.0, *page.get_size()))
                bitmap = page.render(scale=scale, grayscale=False)
                picture: Image.Image = bitmap.to_pil().convert("RGB")
                bitmap.close()
            finally:
                page.close()
        return picture

    def covered(self, number: int) -> float:
        """The share of the page (1-based), 0 to 1, that its largest image covers."""
        with _LOCK:
            page = self._document[number - 1]
            try:
                width, height = page.get_size()
                images = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])
                areas = [_area(image.get_bounds(), width, height) for image in images]
            finally:
                page.close()
        return float(max(areas, default=0.0) / max(1.0, width * height))


def _area(bounds: tuple[float, float, float, float], width: float, height: float) -> float:
    """Square points of the page within the bounds (left, bottom, right, top)."""
    left, bottom, right, top = bounds
    return max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(top, height) - max(bottom, 0.0))
