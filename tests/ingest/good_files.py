"""One small good file of each format that ``kb/`` has none of."""

import io
import json
from email.message import EmailMessage
from typing import Any

import openpyxl
from PIL import Image, ImageDraw
from pptx import Presentation
from pptx.util import Inches

from tests.ingest.hostile_files import book

_SENTENCES = "员工每年享有十二天带薪年假。 The pump must be cleaned every six months."


def good_files() -> dict[str, bytes]:
    """The files by name."""
    records = [
        {"question": f"How many, {number}?", "answer": _SENTENCES, "n": number} for number in range(20)
    ]
    rows = [f"名称{number},{number * 10},{_SENTENCES}" for number in range(30)]
    return {
        "good.xlsx": _workbook(),
        "good.pptx": _slides(),
        "good.epub": book(f"<html><body><h1>Pumps</h1>{f'<p>{_SENTENCES}</p>' * 20}</body></html>"),
        "good.eml": _letter(),
        "good.json": json.dumps(records, ensure_ascii=False).encode(),
        "good.jsonl": "\n".join(json.dumps(each) for each in records).encode(),
        "good.csv": "\n".join(["name,number,text", *rows]).encode("gb18030"),
        "good.tsv": "\n".join(["name,number,text", *rows]).replace(",", "\t").encode("utf-16"),
        "good.rtf": b"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}"
        + b"\\pard The pump \\b must\\b0 be cleaned.\\par" * 20
        + b"}",
        "good.png": _picture("PNG"),
        "good.tiff": _picture("TIFF"),
    }


def _saved(made: Any) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _workbook() -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append(["Name", "Number", "Text"])
    for number in range(30):
        sheet.append([f"名称{number}", number * 1.5, _SENTENCES])
    sheet.merge_cells("A2:A4")
    return _saved(made)


def _slides() -> bytes:
    made = Presentation()
    for number in range(5):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text = _SENTENCES
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
        table.cell(0, 0).text, table.cell(1, 1).text = "Name", "名称"
    return _saved(made)


def _letter() -> bytes:
    made = EmailMessage()
    made["Subject"], made["From"] = "关于差旅", "a@example.com"
    made.set_content(_SENTENCES * 5)
    made.add_alternative(f"<p>{_SENTENCES}</p>", subtype="html")
    made.add_attachment(_workbook(), maintype="application", subtype="octet-stream", filename="a.xlsx")
    return made.as_bytes()


def _picture(kind: str) -> bytes:
    image = Image.new("L", (400, 100), 255)
    ImageDraw.Draw(image).text((10, 40), "The pump must be cleaned.", fill=0)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
