"""PowerPoint (.pptx, .pptm), by python-pptx: one page a slide, its title a heading, its notes at its end."""

import io
import logging
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from langchain_core.documents import Document
from pptx.package import Package

from ingest.dates import first_date
from ingest.normalization import normalize_line
from ingest.parsers.blocks import block, file_facts
from ingest.parsers.office import OfficeParser
from ingest.parsers.powerpoint_shapes import shape_blocks
from ingest.parsers.reading_context import page_done
from rag.text.language import language_of

logger = logging.getLogger(__name__)

_TEMPLATE_DATE = date(2013, 1, 27)  # of python-pptx's own template
_NO_TITLES = frozenset({"", "powerpoint presentation", "presentation", "powerpoint 演示文稿", "演示文稿"})


class PowerPointParser(OfficeParser):
    """Reads ``.pptx``, ``.pptm`` and ``.ppsx`` files, hidden slides too; the report names those."""

    name = "powerpoint"
    suffix = ".pptx"
    kind = "PowerPoint"

    def read_package(self, data: bytes, archive: zipfile.ZipFile) -> tuple[Document, list[Document]]:
        presentation: Any = Package.open(io.BytesIO(data)).presentation_part.presentation
        slides = list(presentation.slides)
        hidden = [
            page for page, slide in enumerate(slides, 1) if slide._element.get("show") in ("0", "false")
        ]
        blocks = [each for page, slide in enumerate(slides, 1) for each in _slide_blocks(slide, page)]
        properties = presentation.core_properties
        dates = [_property(properties, name) for name in ("modified", "created")]
        modified = first_date(each for each in dates if each and each.date() != _TEMPLATE_DATE)
        title = normalize_line(_property(properties, "title") or "")
        if title.lower() in _NO_TITLES:
            title = next((each.page_content for each in blocks if each.metadata.get("level") == 1), "")
        report: dict[str, Any] = {"hidden_slides": hidden} if hidden else {}
        return file_facts(title=title, modified=modified, pages=len(slides), **report), blocks


def _slide_blocks(slide: Any, page: int) -> Iterator[Document]:
    title_shape = _title_shape(slide)
    title = normalize_line(title_shape.text_frame.text) if title_shape is not None else ""
    heading = (title,) if title else ()
    if title:
        yield block("heading", title, heading=heading, page=page, level=1)
    shapes = [each for each in slide.shapes if title_shape is None or each.shape_id != title_shape.shape_id]
    yield from shape_blocks(shapes, heading, page)
    yield from _notes(slide, heading, page)
    page_done()


def _title_shape(slide: Any) -> Any:
    try:
        return slide.shapes.title
    except Exception as error:  # a damaged shape tree
        logger.warning("a slide's title can't be read: %s", error)
        return None


def _notes(slide: Any, heading: tuple[str, ...], page: int) -> Iterator[Document]:
    try:
        frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        text = frame.text if frame is not None else ""
    except Exception as error:  # notes that can't be read are no reason to lose the slide
        logger.warning("page %d: its notes can't be read: %s", page, error)
        return
    if text.strip():
        label = f"{'备注' if language_of(text) == 'zh' else 'Notes'} {page}"  # nobody sees them on the slide
        yield block("heading", label, heading=(*heading, label), page=page, level=2)
        yield block("prose", text.replace("\v", "\n"), heading=(*heading, label), page=page)


def _property(properties: Any, name: str) -> Any:
    try:
        return getattr(properties, name)
    except ValueError:  # a date that isn't one
        return None
