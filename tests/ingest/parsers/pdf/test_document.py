"""PDF files made for the purpose."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents.base import Blob
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingest.parsers.base import UnreadableFile
from ingest.parsers.page_lines import Line
from ingest.parsers.pdf import PdfParser
from ingest.parsers.pdf.ocr import recognize_pages
from ingest.parsers.reading_context import using_ocr, using_passwords
from tests.ingest.parsers.drawing import draw_page

Parse = Callable[..., Any]

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


def make_pdf(pages: list[list[str]], *, title: str = "", large: str = "") -> bytes:
    """A PDF with one line of text for each string; ``large`` stands above the first page's in larger type."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setTitle(title)
    for number, lines in enumerate(pages):
        height = 780
        if large and number == 0:
            canvas.setFont("STSong-Light", 24)
            canvas.drawString(60, height, large)
            height -= 40
        canvas.setFont("STSong-Light", 11)
        for line in lines:
            canvas.drawString(60, height, line)
            height -= 16
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypt(data: bytes, user_password: str) -> bytes:
    """The PDF encrypted."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(user_password, "owner", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def add_outline(data: bytes, entries: list[tuple[str, int]]) -> bytes:
    """The PDF with bookmarks (title, page index)."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    for title, page in entries:
        writer.add_outline_item(title=title, page_number=page)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def make_scan(pages: list[list[str]], header: str = "") -> bytes:
    """A PDF whose pages are pictures of the lines, with a text layer that holds the header alone."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(500, 350), invariant=True)
    for number, lines in enumerate(pages, 1):
        canvas.drawImage(ImageReader(draw_page(lines)), 0, 0, 500, 350)
        if header:
            canvas.drawString(20, 10, f"{header} {number}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


WRAPPED = [
    "水泵必须每六个月清洗一次，清洗之前应先切断电源并关闭阀",
    "门，清洗之后应检查密封圈。",
    "Filter: WJ-2031-B.",
]
SCANNED = [
    "Clean the pump every six months, and cut the power",
    "before you begin to take it apart.",
]


def test_pages_lines_and_title_are_read(parse: Parse) -> None:
    parsed = parse(PdfParser(), make_pdf([WRAPPED, [], ["第三页。"]], large="水泵手册"))

    assert parsed.facts.page_content == "水泵手册"
    assert parsed.kinds[0] == "heading"  # by its larger type
    assert parsed.facts.metadata["modified"] == ""  # reproducible files have no date
    assert parsed.facts.metadata["pages"] == 3
    report = parsed.facts.metadata["report"]
    assert report["blank_pages"] == [2]
    assert report["pages_without_text"] == report["pages_by_ocr"] == report["garbled_pages"] == []
    assert report["garbling"] == 0 and report["ocr_confidence"] is None
    assert "水泵必须每六个月清洗一次，清洗之前应先切断电源并关闭阀门，清洗之后应检查密封圈。" in parsed.texts
    assert [each.metadata["page"] for each in parsed.blocks] == [1, 1, 1, 3]


def test_table_drawn_cell_by_cell_is_read_in_rows(parse: Parse) -> None:
    buffer = io.BytesIO()
    cells = [
        ["Code", "Meaning", "What to do"],
        ["E01", "Too hot", "Wait"],
        ["E02", "Lever open\nor loose", ""],
    ]
    cells.append(["E03", "", "Close it"])
    style = [("FONTNAME", (0, 0), (-1, -1), "STSong-Light"), ("ALIGN", (0, 0), (-1, -1), "LEFT")]
    table = Table(cells, colWidths=[60, 120, 120], style=style)
    plain = ParagraphStyle("plain", fontName="STSong-Light", fontSize=10, leading=14)
    SimpleDocTemplate(buffer, invariant=True).build(
        [Paragraph("The pump stops and shows a code.", plain), table, Paragraph("See the manual.", plain)]
    )

    parsed = parse(PdfParser(), buffer.getvalue())

    assert parsed.texts == [
        "The pump stops and shows a code.",
        "Code | Meaning | What to do",
        "E01 | Too hot | Wait",
        "E02 | Lever open or loose",
        "E03 |  | Close it",
        "See the manual.",
    ]
    assert parsed.blocks[2].metadata["header"] == "Code | Meaning | What to do"


def test_columns_of_text_are_not_taken_for_a_table(parse: Parse) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    for column, x in (("Left", 60), ("Right", 320)):
        for number in range(8):
            canvas.drawString(x, 700 - 14 * number, f"{column} column line {number} of running text.")
    canvas.save()

    parsed = parse(PdfParser(), buffer.getvalue())

    assert set(parsed.kinds) == {"prose"}
    text = "\n".join(parsed.texts)
    assert text.index("Left column line 7") < text.index("Right column line 0")


def test_text_struck_twice_for_bold_type_is_read_once(parse: Parse) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    for shift in (0.0, 0.4):
        canvas.drawString(60 + shift, 700, "Cleaning the pump")
    canvas.drawString(60, 600, "CClleeaanniinngg tthhee ffiilltteerr")
    canvas.drawString(60, 500, "The committee took all the books.")
    canvas.save()

    text = "\n".join(parse(PdfParser(), buffer.getvalue()).texts)

    assert text.split("\n") == [
        "Cleaning the pump",
        "Cleaning the filter",
        "The committee took all the books.",
    ]


def test_title_of_the_metadata_counts_only_if_the_pages_bear_it_out(parse: Parse) -> None:
    lines = [["水泵手册", "第一版。"]]

    assert parse(PdfParser(), make_pdf(lines, title="水泵手册")).facts.page_content == "水泵手册"
    assert parse(PdfParser(), make_pdf(lines, title="Microsoft Word - a.doc")).facts.page_content == ""


def test_bookmarks_tell_the_headings(parse: Parse) -> None:
    data = make_pdf([["1 Safety", "Cut the power."], ["2 Cleaning", "Use water."]])
    parsed = parse(PdfParser(), add_outline(data, [("Safety", 0), ("Cleaning", 1)]))

    assert parsed.kinds == ["heading", "prose", "heading", "prose"]
    assert parsed.paths[1] == ("1 Safety",)
    assert parsed.paths[3] == ("2 Cleaning",)


def test_empty_user_password_opens_and_another_is_asked_for(parse: Parse) -> None:
    data = make_pdf([["内部资料。"]])

    assert parse(PdfParser(), encrypt(data, "")).texts == ["内部资料。"]
    with pytest.raises(UnreadableFile, match="needs a password"):
        parse(PdfParser(), encrypt(data, "secret"))


def test_given_passwords_are_tried(parse: Parse) -> None:
    data = encrypt(make_pdf([["内部资料。"]]), "secret")

    with using_passwords(["wrong", "secret"]):
        assert parse(PdfParser(), data).texts == ["内部资料。"]
    with using_passwords(["wrong"]), pytest.raises(UnreadableFile, match="another password"):
        parse(PdfParser(), data)


@pytest.mark.models
def test_scanned_pages_are_recognized_and_blank_ones_are_no_failure(parse: Parse) -> None:
    scan = make_scan([SCANNED, []])
    with using_passwords(["secret"]):
        parsed = parse(PdfParser(), encrypt(add_outline(scan, [("Cleaning", 0)]), "secret"))

    assert parsed.kinds == ["ocr"]
    assert parsed.texts == [" ".join(SCANNED)]
    assert parsed.paths == [("Cleaning",)]
    report = parsed.facts.metadata["report"]
    assert report["pages_by_ocr"] == [1]
    assert report["blank_pages"] == [2]
    assert report["pages_without_text"] == []
    assert report["ocr_confidence"] > 0.9


@pytest.mark.models
def test_text_layer_that_is_only_a_header_gives_way_to_the_picture(parse: Parse) -> None:
    parsed = parse(PdfParser(), make_scan([SCANNED], header="Scanned page"))

    assert " ".join(SCANNED) in parsed.texts
    assert parsed.facts.metadata["report"]["pages_by_ocr"] == [1]


@pytest.mark.models
def test_garbled_page_is_recognized_from_its_picture() -> None:
    garbled = [Line("\ue001\ue002\ue003 \ufffd\ufffd")]
    good = [Line("A page with a text layer that is long enough. " * 5)]

    recognized = recognize_pages(make_scan([SCANNED, SCANNED]), "", [garbled, good])

    assert {number: [row.text for row in rows] for number, rows in recognized.pages.items()} == {1: SCANNED}


def test_scan_is_refused_where_ocr_is_switched_off(parse: Parse) -> None:
    data = make_scan([SCANNED])

    with pytest.raises(UnreadableFile, match="no text layer, and OCR is switched off"):
        parse(PdfParser(ocr=False), data)
    with using_ocr(False), pytest.raises(UnreadableFile, match="OCR is switched off"):
        parse(PdfParser(), data)


def test_pdf_of_blank_pages_is_refused(parse: Parse) -> None:
    with pytest.raises(UnreadableFile, match="all its pages are blank"):
        parse(PdfParser(), make_pdf([[], []]))


def test_page_tree_that_is_a_circle_is_refused(parse: Parse) -> None:
    data = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 2/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Pages/Count 2/Parent 2 0 R/Kids[2 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%EOF"
    )

    with pytest.raises(UnreadableFile, match="damaged"):
        parse(PdfParser(), data)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4", b"%PDF-1.7\n1 0 obj\n<<", b"not a pdf at all"])
def test_what_is_no_pdf_is_refused(parse: Parse, data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        parse(PdfParser(), data)


@given(st.data())
def test_damaged_pdf_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(make_pdf([WRAPPED, WRAPPED]))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(whole) // 2, len(whole)))
    try:
        facts, *blocks = PdfParser().lazy_parse(Blob.from_data(bytes(whole[:cut]), path="a.pdf"))
    except UnreadableFile as error:
        assert str(error)
    else:
        assert facts.metadata["pages"] >= 1
        assert all(each.page_content for each in blocks)
