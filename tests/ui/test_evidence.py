"""Passages and quotes as they are shown: tables as tables, titles before files."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Curated
from rag.text.sentences import Span
from tests.ui.test_view import answer_of, cite, passage
from ui.evidence import Block, blocks_of, file_of, label, quotes_of, shown, shown_of
from ui.view import answer_html, passages_html
from ui.wording import WORDINGS

TABLE = "Prices\n\nPart | Price | Weight\nS10 | EUR 2,000 | 3 kg\nP200 | EUR 18 | 1 kg"


def cells(block: Block) -> list[list[str]]:
    return [["".join(text for text, _ in cell) for cell in row] for row in block.rows]


def test_a_table_is_shown_with_its_header_and_quoted_cells_marked() -> None:
    document = passage(TABLE, kind="table", heading=("Prices",))
    quote = "S10 | EUR 2,000 | 3 kg"
    start = TABLE.index(quote)
    (table,) = shown(document, (), [Span(start, start + len(quote))]).blocks  # its heading stands above it
    assert table.header == ("Part", "Price", "Weight")
    assert cells(table) == [["S10", "EUR 2,000", "3 kg"], ["P200", "EUR 18", "1 kg"]]
    assert [[marked for cell in row for _, marked in cell] for row in table.rows] == [[True] * 3, [False] * 3]
    assert "<td><mark>EUR 2,000</mark></td><td>" in answer_html(
        answer_of([("EUR 2,000 [1].", (1,))], (cite(1, document, quote),)), WORDINGS["en"], "1"
    )


def test_a_quoted_row_is_shown_under_the_header_of_its_table() -> None:
    document = passage(TABLE, kind="table")
    (quoted,) = quotes_of(answer_of([("18 [1].", (1,))], (cite(1, document, "P200 | EUR 18 | 1 kg"),)))
    (block,) = quoted.blocks
    assert (block.header, cells(block)) == (("Part", "Price", "Weight"), [["P200", "EUR 18", "1 kg"]])


def test_of_a_row_quoted_in_part_no_column_is_named() -> None:
    document = passage(TABLE, kind="table")
    (quoted,) = quotes_of(answer_of([("18 [1].", (1,))], (cite(1, document, "EUR 18 | 1 kg"),)))
    assert quoted.blocks[0].header == () and cells(quoted.blocks[0]) == [["EUR 18", "1 kg"]]


def test_rows_whose_header_stands_in_the_context_are_shown_under_it() -> None:
    context = "Care\nCare > Battery\nPart | Price"
    html = passages_html([passage("S10 | 9\nD80 | 7", kind="table", context=context)], WORDINGS["en"])
    assert '<th scope="col">Part</th><th scope="col">Price</th>' in html
    assert html.count("<tr>") == 3 and "<td>S10</td><td>9</td>" in html


def test_a_bar_in_running_text_makes_no_table() -> None:
    (block,) = blocks_of(passage("Press a | b."), Span(0, 12))
    assert not block.rows and block.stretches == (("Press a | b.", False),)


@given(st.text(alphabet="a|\n 9字"), st.integers(0, 30), st.integers(0, 30))
def test_a_table_loses_no_figure(text: str, one: int, other: int) -> None:
    part = Span(min(one, other, len(text)), min(max(one, other), len(text)))
    blocks = blocks_of(passage(text, kind="table", context=""), part)
    found = "".join(
        "".join(part for part, _ in block.stretches) + "".join(block.header) + str(cells(block))
        for block in blocks
    )
    assert found.count("9") >= text[part.start : part.end].count("9") - text.split("\n")[0].count("9")


@pytest.mark.parametrize(
    ("heading", "context", "named", "file"),
    [
        (("Manual", "Care", "Battery"), "Manual > Care", "Manual › Battery", "a/manual.pdf, page 3"),
        (("Manual",), "", "Manual", "a/manual.pdf, page 3"),
        ((), "", "a/manual.pdf, page 3", ""),
    ],
)
def test_a_passage_is_named_by_title_and_section_with_the_file_second(
    heading: tuple[str, ...], context: str, named: str, file: str
) -> None:
    document = passage("Text.", source="a/manual.pdf", heading=heading, context=context)
    assert (label(document, "en"), file_of(document, "en")) == (named, file)


def test_quotes_come_in_the_order_in_which_they_are_cited_the_first_in_full_and_the_others_folded() -> None:
    documents = [passage(f"Text {n}.", source=f"{n}.md") for n in (1, 2)]
    cited = tuple(cite(n, document, f"Text {n}.") for n, document in enumerate(documents, start=1))
    answer = answer_of([("Two [2].", (2,)), ("One [1].", (1,))], cited)
    assert [each.number for each in quotes_of(answer)] == [2, 1]
    html = answer_html(answer, WORDINGS["en"], "1")
    assert '<figure class="wj-quote"><blockquote lang="en">Text 2.' in html
    assert '<details class="wj-quote wj-folded"><summary><span class="wj-number">[1]' in html


def test_what_is_shown_is_what_is_cited_or_came_nearest_or_was_read_and_the_entry_beside_it() -> None:
    first, other, entry = passage("One."), passage("Two.", source="b.md"), passage("Q\nA", source="faq.md")
    answer = replace(answer_of([("One [1].", (1,))], (cite(1, first, "One."),)), passages=(first, other))
    assert shown_of(answer) == (first,)
    curated = Curated("Q", "A", entry, 102, 103, 0.5)
    assert shown_of(replace(answer, curated=curated)) == (first, entry)
    assert shown_of(replace(answer, sentences=(), citations=())) == (first, other)  # it was stopped
    assert shown_of(replace(answer, text="", sentences=(), citations=())) == ()
    declined = replace(answer, abstained=True, sentences=(), citations=(), curated=curated)
    assert shown_of(declined) == (first, other, entry)
