"""PowerPoint files made for the purpose."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.parsers.base import UnreadableFile
from ingest.parsers.powerpoint import PowerPointParser

Parse = Callable[..., Any]


def save(presentation: Any) -> bytes:
    """The presentation's file."""
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def add_slide(presentation: Any, title: str = "", layout: int = 5) -> Any:
    """A new slide with a title."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[layout])
    slide.shapes.title.text = title
    return slide


def add_text(shapes: Any, left: float, top: float, text: str) -> None:
    """A text box, two inches by one."""
    box = shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    box.text_frame.text = text


def test_slides_are_pages_with_their_title_as_heading(parse: Parse) -> None:
    presentation = Presentation()
    first = add_slide(presentation, "产品发布", layout=1)
    first.placeholders[1].text_frame.text = "更安静"
    first.placeholders[1].text_frame.add_paragraph().text = "更省电"
    second = add_slide(presentation, "Prices")
    second.notes_slide.notes_text_frame.text = "Mention the discount."

    parsed = parse(PowerPointParser(), save(presentation))

    assert parsed.facts.page_content == "产品发布"
    assert parsed.facts.metadata["pages"] == 2
    assert parsed.facts.metadata["modified"] == ""
    assert parsed.texts == ["产品发布", "- 更安静\n- 更省电", "Prices", "Notes 2", "Mention the discount."]
    assert [each.metadata["page"] for each in parsed.blocks] == [1, 1, 2, 2, 2]
    assert parsed.paths[-1] == ("Prices", "Notes 2")


def test_text_is_read_by_rows_and_columns_and_out_of_groups(parse: Parse) -> None:
    presentation = Presentation()
    slide = add_slide(presentation, "T")
    add_text(slide.shapes, 6, 3, "right below")
    add_text(slide.shapes, 6, 2, "right")
    add_text(slide.shapes, 1, 2.1, "left")
    group = slide.shapes.add_group_shape()
    inner = group.shapes.add_group_shape()
    add_text(inner.shapes, 1, 5, "grouped first")
    add_text(group.shapes, 1, 6, "grouped second")

    texts = parse(PowerPointParser(), save(presentation)).texts

    assert texts == ["T", "left", "right", "right below", "grouped first", "grouped second"]


def test_tables_and_charts_are_rows(parse: Parse) -> None:
    presentation = Presentation()
    slide = add_slide(presentation, "T")
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, texts in zip(table.rows, ["型号 扬程", "P200 12", "P200 15"], strict=True):
        for cell, text in zip(row.cells, texts.split(), strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["Q1", "Q2"]
    data.add_series("Sales", (1.5, 20))
    frame = slide.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(2), data
    )
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Sales by quarter"

    parsed = parse(PowerPointParser(), save(presentation))

    assert parsed.texts[1:3] == ["型号 | 扬程", "P200 P200 | 12"]
    assert parsed.blocks[3].metadata["header"] == "型号 | 扬程"
    assert parsed.texts[4:] == ["Sales by quarter", "| Sales", "Q1 | 1.5", "Q2 | 20"]


def test_hidden_slides_are_read_and_named(parse: Parse) -> None:
    presentation = Presentation()
    add_slide(presentation, "Shown")
    add_slide(presentation, "Backup")._element.set("show", "0")

    parsed = parse(PowerPointParser(), save(presentation))

    assert parsed.texts == ["Shown", "Backup"]
    assert parsed.facts.metadata["report"] == {"hidden_slides": [2]}


def test_properties_give_title_and_date(parse: Parse) -> None:
    presentation = Presentation()
    add_slide(presentation, "Welcome")
    presentation.core_properties.title = "Onboarding"
    presentation.core_properties.modified = datetime(2024, 3, 1, 8, 0)

    facts = parse(PowerPointParser(), save(presentation)).facts

    assert facts.page_content == "Onboarding"
    assert facts.metadata["modified"].startswith("2024-03-01T08:00:00")


def test_damaged_files_are_refused_with_a_reason(parse: Parse) -> None:
    whole = save(Presentation())
    hollow = io.BytesIO()
    with zipfile.ZipFile(hollow, "w") as archive:
        archive.writestr("ppt/presentation.xml", "<a/>")

    for data in (whole[: len(whole) // 2], hollow.getvalue(), b"no zip at all"):
        with pytest.raises(UnreadableFile, match=r"PowerPoint file (?:is damaged|can't be read)"):
            parse(PowerPointParser(), data)
