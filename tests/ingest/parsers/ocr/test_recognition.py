"""Recognition of drawn pages, and the order in which what was recognized is read."""

import socket
from itertools import pairwise
from typing import NoReturn

import pytest
from PIL import Image

from ingest.parsers.ocr import OcrLine, has_ink, mean_confidence, read_picture, reading_order
from ingest.parsers.ocr import recognition as ocr
from tests.ingest.parsers.drawing import HEIGHT, WIDTH, chinese_font, draw_page

pytestmark = pytest.mark.models

LINES = [
    "Clean the pump every six months.",
    "Cut the power before you begin.",
    "Filter of the pump: WJ-2031-B",
    "Close the valve when done.",
]


def line(text: str, left: float, top: float, width: float, height: float = 20) -> OcrLine:
    """A recognized line at a place."""
    return OcrLine(text, 0.9, left, top, left + width, top + height)


def rows(lines: list[OcrLine]) -> list[str]:
    """The texts of the rows in reading order, blank ones left out."""
    return [row.text for row in reading_order(lines) if row.text]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_page_is_read_however_it_lies(turn: int) -> None:
    found = read_picture(draw_page(LINES).rotate(turn, expand=True))

    assert rows(found) == LINES
    assert mean_confidence(found) > 0.9
    assert all(0 <= each.left < each.right <= WIDTH and each.top < each.bottom <= HEIGHT for each in found)


def test_tilted_page_is_read_in_rows() -> None:
    page = draw_page(["Code       Meaning       What to do", *LINES]).rotate(3, fillcolor="white")

    found = rows(read_picture(page))

    assert [row.lower() for row in found[1:]] == [row.lower() for row in LINES]  # W and w look alike


def test_chinese_is_read() -> None:
    font = chinese_font()
    if font is None:
        pytest.skip(
            "no font with Chinese characters is installed; real scans in WENJU_DOCUMENTS cover Chinese"
        )
    sentence = "水泵必须每六个月清洗一次，清洗之前应先切断电源。"

    assert rows(read_picture(draw_page([sentence], font=font))) == [sentence]


def test_long_strip_is_read_in_pieces() -> None:
    strip = Image.new("RGB", (WIDTH, 5 * HEIGHT), "white")
    for number in range(5):
        strip.paste(draw_page([f"This is part number {number}."]), (0, number * HEIGHT))

    assert rows(read_picture(strip)) == [f"This is part number {number}." for number in range(5)]


def test_models_are_loaded_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("something was to be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    ocr._engine.cache_clear()

    assert read_picture(Image.new("RGB", (64, 64), "white")) == []
    assert rows(read_picture(draw_page(LINES[:1]))) == LINES[:1]


def test_blank_page_has_no_ink() -> None:
    assert not has_ink(Image.new("RGB", (800, 600), (250, 248, 240)))
    assert has_ink(draw_page(["i"], size=20))


def test_columns_are_read_one_after_the_other() -> None:
    title = line("A title that stands above both of the columns", 150, 0, 500, 40)
    text = "A line of running text that is long"
    columns = [
        line(f"{text} {side}{number}", x, 60 + 30 * number, 360)
        for number in range(6)
        for side, x in (("left", 0), ("right", 400))
    ]

    assert rows([*columns, title]) == [
        title.text,
        *(f"{text} left{number}" for number in range(6)),
        *(f"{text} right{number}" for number in range(6)),
    ]


def test_cells_side_by_side_are_read_by_rows_and_never_joined_to_paragraphs() -> None:
    cells = [
        line(text, x, 30 * number, 9 * len(text))
        for number, row in enumerate([("Code", "Meaning"), ("E01", "Too hot"), ("E02", "Lever open")] * 2)
        for text, x in zip(row, (0, 400), strict=True)
    ]

    ordered = reading_order(cells)

    assert [row.text for row in ordered if row.text][:3] == ["Code Meaning", "E01 Too hot", "E02 Lever open"]
    assert not any(above.text and below.text for above, below in pairwise(ordered))


def test_pieces_of_one_chinese_line_are_joined_without_a_space() -> None:
    assert rows([line("水泵必须每六个", 0, 0, 140), line("月清洗一次。", 143, 2, 120)]) == [
        "水泵必须每六个月清洗一次。"
    ]


def test_wider_gap_parts_paragraphs() -> None:
    tops = [0, 30, 60, 90, 150, 180, 210]
    ordered = reading_order([line(f"Line {top}", 0, top, 300) for top in tops])

    assert [row.text for row in ordered].index("") == 4
