"""Pages drawn as pictures, for what recognizes text."""

from collections.abc import Sequence
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1000, 700  # pixels
LATIN_FONT = str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf")
_CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSerifCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simsun.ttc",
)


def chinese_font() -> str | None:
    """A font with Chinese characters that Pillow finds on this machine, if there is one."""
    for name in _CHINESE_FONTS:
        try:
            ImageFont.truetype(name, 12)
        except OSError:
            continue
        return name
    return None


def draw_page(lines: Sequence[str], *, font: str = LATIN_FONT, size: int = 30) -> Image.Image:
    """A white page with the lines, black, below each other."""
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(page)
    face = ImageFont.truetype(font, size)
    for number, line in enumerate(lines):
        draw.text((60, 60 + 2 * size * number), line, fill="black", font=face)
    return page
