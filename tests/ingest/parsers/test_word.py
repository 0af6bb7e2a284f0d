"""Word files made for the purpose."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from ingest.parsers.base import UnreadableFile
from ingest.parsers.word import WordParser
from ingest.parsers.word_lists import write_number

Parse = Callable[..., Any]


def save(document: Any) -> bytes:
    """The document's file."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_paragraphs_and_tables_are_read_in_document_order(parse: Parse) -> None:
    document = docx.Document()
    document.add_heading("员工手册", 0)
    document.add_heading("休假", 1)
    document.add_paragraph("年假十二天。")
    table = document.add_table(rows=3, cols=2)
    for row, texts in zip(table.rows, [("级别", "天数"), ("一级", "12"), ("二级", "15")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("表后的话。")
    document.add_paragraph("发票", style="List Bullet")
    document.add_paragraph("填表", style="List Number")
    document.add_paragraph("签字", style="List Number")

    parsed = parse(WordParser(), save(document))

    assert parsed.facts.page_content == "员工手册"
    assert parsed.texts == [
        "员工手册",
        "休假",
        "年假十二天。",
        "级别 | 天数",
        "一级 | 12",
        "二级 | 15",
        "表后的话。",
        "- 发票",
        "1. 填表",
        "2. 签字",
    ]
    assert parsed.kinds[:3] == ["heading", "heading", "prose"]
    assert parsed.paths[4] == ("员工手册", "休假")
    assert parsed.blocks[4].metadata["header"] == "级别 | 天数"


def test_header_is_read_once_and_only_if_it_tells_something_new(parse: Parse) -> None:
    document = docx.Document()
    document.add_paragraph("文具公司内部资料")
    document.sections[0].header.paragraphs[0].text = "文具公司"
    document.sections[0].footer.paragraphs[0].text = "第 1 页"
    repeated = save(document)
    document.sections[0].header.paragraphs[0].text = "HR-2024"

    assert parse(WordParser(), repeated).texts == ["文具公司内部资料"]
    assert parse(WordParser(), save(document)).texts == ["HR-2024", "文具公司内部资料"]


def test_properties_give_date_and_title_but_not_the_templates(parse: Parse) -> None:
    document = docx.Document()
    document.add_paragraph("正文。")
    fresh = parse(WordParser(), save(document)).facts
    document.core_properties.title = "请假制度"
    document.core_properties.modified = datetime(2024, 3, 1, 8, 0)
    dated = parse(WordParser(), save(document)).facts

    assert (fresh.page_content, fresh.metadata["modified"]) == ("", "")
    assert dated.page_content == "请假制度"
    assert dated.metadata["modified"].startswith("2024-03-01T08:00:00")


def test_short_bold_lines_are_headings_where_no_style_is_used(parse: Parse) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("报销流程").bold = True
    document.add_paragraph("先填表。")
    document.add_paragraph().add_run("多久到账？").bold = True
    document.add_paragraph("三天。")

    parsed = parse(WordParser(), save(document))

    assert parsed.kinds == ["heading", "prose", "faq"]
    assert parsed.texts[2] == "多久到账？\n\n三天。"


def test_merged_cells_are_repeated_downwards(parse: Parse) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    for row, texts in zip(table.rows, ["部门 姓名 分机", "销售 甲 101", "销售 乙 102"], strict=True):
        for cell, text in zip(row.cells, texts.split(), strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0)).text = "销售"

    assert parse(WordParser(), save(document)).texts[1:] == ["销售 | 甲 | 101", "销售 | 乙 | 102"]


def test_deleted_text_is_left_out_and_inserted_text_is_read(parse: Parse) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("年假")
    for tag, text, holder in (("w:del", "十天", "w:delText"), ("w:ins", "十二天", "w:t")):
        change, run, content = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(holder)
        content.text = text
        run.append(content)
        change.append(run)
        paragraph._p.append(change)

    assert parse(WordParser(), save(document)).texts == ["年假十二天"]


def test_contents_table_is_left_out(parse: Parse) -> None:
    document = docx.Document()
    document.styles.add_style("TOC 1", 1)
    document.add_paragraph("第一章 总则\t3", style="TOC 1")
    document.add_heading("第一章 总则", 1)

    assert parse(WordParser(), save(document)).texts == ["第一章 总则"]


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        (3, "decimal", "3"),
        (28, "lowerLetter", "bb"),
        (14, "upperRoman", "XIV"),
        (20, "chineseCounting", "二十"),
        (115, "chineseCountingThousand", "一百一十五"),
        (105, "chineseCounting", "一百零五"),
        (3, "decimalEnclosedCircle", "③"),
        (7, "decimalZero", "07"),
        (7, "somethingNew", "7"),
    ],
)
def test_list_numbers_are_written_as_the_format_says(number: int, form: str, written: str) -> None:
    assert write_number(number, form) == written


def test_numbering_of_a_style_is_counted(parse: Parse) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    abstract = numbering.find(qn("w:abstractNum"))
    abstract.find(f"{qn('w:lvl')}/{qn('w:numFmt')}").set(qn("w:val"), "chineseCounting")
    abstract.find(f"{qn('w:lvl')}/{qn('w:lvlText')}").set(qn("w:val"), "第%1条")
    number = next(
        each.get(qn("w:numId"))
        for each in numbering.iter(qn("w:num"))
        if each.find(qn("w:abstractNumId")).get(qn("w:val")) == abstract.get(qn("w:abstractNumId"))
    )
    for text in ("适用范围。", "生效日期。"):
        item: Any = document.add_paragraph(text)._p
        properties = item.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_numId().val = int(number)
        properties.get_or_add_ilvl().val = 0

    assert parse(WordParser(), save(document)).texts == ["第一条 适用范围。", "第二条 生效日期。"]


def test_damaged_and_protected_files_are_refused_with_a_reason(parse: Parse) -> None:
    whole = save(docx.Document())
    no_document = io.BytesIO()
    with zipfile.ZipFile(no_document, "w") as archive:
        archive.writestr("a.txt", "x")

    for data, reason in (
        (whole[: len(whole) // 2], "damaged or cut off"),
        (no_document.getvalue(), "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500, "damaged or cut off"),
    ):
        with pytest.raises(UnreadableFile, match=reason):
            parse(WordParser(), data)


def test_archive_that_unpacks_to_gigabytes_is_refused(parse: Parse) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "x")
        archive.infolist()[0].file_size = 1_100_000_000  # what the directory will claim

    with pytest.raises(UnreadableFile, match=r"unpacks to 1\.1 GB"):
        parse(WordParser(), buffer.getvalue())
