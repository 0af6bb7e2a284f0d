"""Pictures made for the purpose."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from ingest.parsers.base import UnreadableFile
from ingest.parsers.image import ImageParser
from ingest.parsers.reading_context import listening, using_ocr
from tests.ingest.parsers.drawing import draw_page

pytestmark = pytest.mark.models

Parse = Callable[..., Any]

PARAGRAPH = [
    "Clean the pump every six months, and cut the power",
    "before you begin to take it apart.",
]


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of that kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_pages_of_a_tiff_are_read_and_told_of(parse: Parse) -> None:
    blank = Image.new("1", (600, 400), 1)
    data = encode(
        draw_page(PARAGRAPH).convert("1"),
        "TIFF",
        save_all=True,
        append_images=[blank, draw_page(["Second filter: WJ-2031-B"])],
    )
    steps: list[bool] = []

    with listening(lambda: steps.append(True)):
        parsed = parse(ImageParser(), data)

    assert parsed.texts == [" ".join(PARAGRAPH), "Second filter: WJ-2031-B"]
    assert parsed.kinds == ["ocr", "ocr"]
    assert [each.metadata["page"] for each in parsed.blocks] == [1, 3]
    assert parsed.facts.metadata["pages"] == 3
    report = parsed.facts.metadata["report"]
    assert report["pages_by_ocr"] == [1, 3]
    assert report["pages_without_text"] == [2]
    assert 0.9 < report["ocr_confidence"] <= 1
    assert report["garbling"] == 0
    assert len(steps) == 3


def test_photograph_is_turned_as_its_exif_data_tell_and_dated(parse: Parse) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    exif[0x0132] = "2024:03:10 09:30:00"
    sideways = draw_page(PARAGRAPH).rotate(90, expand=True)

    parsed = parse(ImageParser(), encode(sideways, "JPEG", exif=exif, quality=90))

    assert parsed.texts == [" ".join(PARAGRAPH)]
    assert parsed.facts.metadata["modified"] == "2024-03-10"


def test_transparent_picture_stands_on_white(parse: Parse) -> None:
    page = draw_page(["Drawn in black on nothing."]).convert("RGBA")
    page.putalpha(page.convert("L").point(lambda value: 255 - value))

    assert parse(ImageParser(), encode(page, "WEBP", lossless=True)).texts == ["Drawn in black on nothing."]


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_picture_without_text_is_refused(parse: Parse, kind: str) -> None:
    with pytest.raises(UnreadableFile, match="no text was found in the picture"):
        parse(ImageParser(), encode(Image.new("RGB", (300, 200), "white"), kind))


@pytest.mark.parametrize("side", [10_100, 20_000])
def test_picture_that_unpacks_to_too_much_is_refused(parse: Parse, side: int) -> None:
    with pytest.raises(UnreadableFile, match="too large"):
        parse(ImageParser(), encode(Image.new("1", (side, side)), "PNG"))


def test_damaged_picture_is_refused(parse: Parse) -> None:
    data = encode(draw_page(PARAGRAPH), "PNG")

    with pytest.raises(UnreadableFile, match="damaged"):
        parse(ImageParser(), data[: len(data) // 2])
    with pytest.raises(UnreadableFile, match="no picture of a known kind"):
        parse(ImageParser(), b"GIF89a, or so it says")


def test_picture_is_refused_where_ocr_is_switched_off(parse: Parse) -> None:
    data = encode(draw_page(PARAGRAPH), "PNG")

    with pytest.raises(UnreadableFile, match="OCR is switched off"):
        parse(ImageParser(ocr=False), data)
    with using_ocr(False), pytest.raises(UnreadableFile, match="OCR is switched off"):
        parse(ImageParser(), data)
