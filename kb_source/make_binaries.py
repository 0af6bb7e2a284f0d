"""Build the PDF and Word documents of kb/ from the Markdown sources beside this file.

Run it from anywhere: ``python kb_source/make_binaries.py [--out DIR]``.
The same sources give the same bytes: dates and ids are fixed.

The sources use a small part of Markdown: ``#`` to ``###`` headings, paragraphs,
``- `` and ``1. `` list items and pipe tables.
"""

# reportlab ships no type information.
# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import argparse
import datetime as dt
import html
import io
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from reportlab.lib import colors
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table

HERE = Path(__file__).resolve().parent
COMPANY = {"zh": "岑泊流体科技（苏州）有限公司", "en": "Cenbo Fluidics"}
ZIP_TIME = (2026, 1, 1, 0, 0, 0)
CJK_FONT = "STSong-Light"


@dataclass(frozen=True)
class Target:
    """One document to build: where it comes from and where it goes."""

    source: str
    path: str
    lang: str
    date: dt.datetime


TARGETS = (
    Target("d80-manual.zh.md", "products/清泉D80使用手册.pdf", "zh", dt.datetime(2025, 9, 15)),
    Target("p200-manual.en.md", "products/tidal-p200-manual.pdf", "en", dt.datetime(2025, 10, 6)),
    Target("warranty-service.zh.md", "support/保修与服务承诺.docx", "zh", dt.datetime(2026, 1, 1)),
    Target("it-policy.en.md", "hr/it-security-policy.docx", "en", dt.datetime(2026, 2, 1)),
)


@dataclass(frozen=True)
class Block:
    """One block of a source: its kind, its text, and its rows where it is a table."""

    kind: str  # "h1", "h2", "h3", "p", "bullet", "number" or "table"
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def parse(source: str) -> list[Block]:
    """Split a Markdown source into blocks."""
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*source.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
            if not all(re.fullmatch(r":?-{3,}:?", cell) for cell in cells):
                rows.append(cells)
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if heading := re.match(r"(#{1,3}) (.+)", line):
            blocks.append(Block(f"h{len(heading[1])}", heading[2]))
        elif line.startswith("- "):
            blocks.append(Block("bullet", line[2:]))
        elif re.match(r"\d+\. ", line):
            blocks.append(Block("number", line))
        elif line.strip():
            blocks.append(Block("p", line.strip()))
    return blocks


def pdf_styles(lang: str) -> dict[str, ParagraphStyle]:
    """Return the paragraph styles of a PDF in one language."""
    plain, bold = (CJK_FONT, CJK_FONT) if lang == "zh" else ("Helvetica", "Helvetica-Bold")
    wrap = "CJK" if lang == "zh" else None
    base = ParagraphStyle("p", fontName=plain, fontSize=10, leading=15, spaceAfter=5, wordWrap=wrap)

    def head(name: str, size: int, before: int) -> ParagraphStyle:
        return ParagraphStyle(
            name, parent=base, fontName=bold, fontSize=size, leading=size * 1.35,
            spaceBefore=before, keepWithNext=1,
        )  # fmt: skip

    listed = ParagraphStyle("list", parent=base, leftIndent=12, spaceAfter=3)
    cell = ParagraphStyle("cell", parent=base, fontSize=9, leading=12, spaceAfter=0)
    return {
        "h1": head("h1", 17, 0), "h2": head("h2", 13, 8), "h3": head("h3", 11, 5),
        "p": base, "bullet": listed, "number": listed,
        "cell": cell, "header": ParagraphStyle("header", parent=cell, fontName=bold),
    }  # fmt: skip


def pdf_table(block: Block, styles: dict[str, ParagraphStyle], width: float) -> Table:
    """Lay out a table: narrow columns keep their width, the others share the rest."""
    font = styles["header"].fontName
    natural = [
        max(pdfmetrics.stringWidth(cell, font, 9) for cell in column) + 14
        for column in zip(*block.rows, strict=True)
    ]
    wide = [w for w in natural if w > width / len(natural)]
    rest = (width - sum(natural) + sum(wide)) / (sum(wide) or 1)
    widths = [w * rest if w in wide else w for w in natural]
    cells = [
        [Paragraph(html.escape(cell), styles["cell" if i else "header"]) for cell in row]
        for i, row in enumerate(block.rows)
    ]
    look = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    gaps = {"spaceBefore": 3, "spaceAfter": 7, "hAlign": "LEFT"}
    return Table(cells, colWidths=widths, style=look, repeatRows=1, **gaps)


def write_pdf(blocks: list[Block], target: Target, path: Path) -> None:
    """Write the blocks as a PDF in A5 with a footer on every page."""
    title, company = blocks[0].text, COMPANY[target.lang]
    styles = pdf_styles(target.lang)
    margin = 16 * mm
    width, height = A5[0] - 2 * margin, A5[1] - 2 * margin

    def footer(canvas: Any, _doc: Any) -> None:
        number = canvas.getPageNumber()
        page = f"第 {number} 页" if target.lang == "zh" else f"Page {number}"
        canvas.setFont(styles["p"].fontName, 8)
        canvas.drawCentredString(A5[0] / 2, 9 * mm, f"{company} · {title} · {page}")

    story: list[Any] = []
    for block in blocks:
        if block.kind == "table":
            story.append(pdf_table(block, styles, width))
        else:
            bullet = "•" if block.kind == "bullet" else None
            story.append(Paragraph(html.escape(block.text), styles[block.kind], bulletText=bullet))
    frame = Frame(margin, margin, width, height, 0, 0, 0, 0)
    # reportlab takes the document's date from here, and makes its id from the content.
    os.environ["SOURCE_DATE_EPOCH"] = str(int(target.date.replace(tzinfo=dt.UTC).timestamp()))
    template = BaseDocTemplate(str(path), pagesize=A5, title=title, author=company, lang=target.lang)
    template.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=footer))
    template.build(story)


def write_docx(blocks: list[Block], target: Target, path: Path) -> None:
    """Write the blocks as a Word document with fixed properties and zip times."""
    document = docx.Document()
    for name in ("Normal", "Heading 1", "Heading 2", "Title"):
        fonts = document.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), "SimSun")
    levels = {"h1": 0, "h2": 1, "h3": 2}
    for block in blocks:
        if block.kind in levels:
            document.add_heading(block.text, levels[block.kind])
        elif block.kind == "table":
            table = document.add_table(0, len(block.rows[0]), style="Table Grid")
            for i, row in enumerate(block.rows):
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.paragraphs[0].add_run(text).bold = i == 0
            document.add_paragraph()
        else:
            style = "List Bullet" if block.kind == "bullet" else "Normal"
            document.add_paragraph(block.text, style)
    core = document.core_properties
    core.title, core.author, core.comments = blocks[0].text, COMPANY[target.lang], ""
    core.last_modified_by, core.revision, core.language = COMPANY[target.lang], 1, target.lang
    core.created = core.modified = target.date
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))


def main() -> None:
    """Build every document."""
    parser = argparse.ArgumentParser(description="Build the PDF and Word documents of kb/.")
    parser.add_argument("--out", type=Path, default=HERE.parent / "kb", help="folder to write to")
    out: Path = parser.parse_args().out
    pdfmetrics.registerFont(UnicodeCIDFont(CJK_FONT))
    for target in TARGETS:
        path = out / target.path
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = parse((HERE / target.source).read_text(encoding="utf-8"))
        write = write_pdf if path.suffix == ".pdf" else write_docx
        write(blocks, target, path)
        print(path)


if __name__ == "__main__":
    main()
