"""The stored text and the spans of its blocks."""

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from ingest.document_text import assemble
from ingest.parsers.blocks import LINE, PARAGRAPH, block

_BLOCKS = st.lists(
    st.builds(
        lambda text, separator: block("prose", text, separator=separator),
        st.text(max_size=20),
        st.sampled_from([LINE, PARAGRAPH]),
    ),
    max_size=8,
)


@given(_BLOCKS)
def test_spans_are_exact_and_only_white_space_lies_between(blocks: list[Document]) -> None:
    text, placed = assemble(blocks)

    assert [text[each.start : each.end] for each in placed] == [
        each.page_content for each in blocks if each.page_content
    ]
    ends = [0, *(each.end for each in placed)]
    starts = [*(each.start for each in placed), len(text)]
    assert all(not text[end:start].strip() for end, start in zip(ends, starts, strict=True))


def test_blocks_of_any_other_parser_are_taken_as_prose() -> None:
    text, placed = assemble([Document(page_content="甲", metadata={"page": 3}), Document(page_content="乙")])

    assert text == "甲\n\n乙"
    assert [(each.kind, each.page, each.heading) for each in placed] == [
        ("prose", 3, ()),
        ("prose", None, ()),
    ]
