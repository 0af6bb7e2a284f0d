import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import split_sentences

LONG = "This is a long wrapped line that goes on and on until it ends here"
texts = st.text(alphabet=st.sampled_from('ab1 .。！？!?\n\t”"([保修,，…'), max_size=200) | st.text(
    max_size=100
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("你好。再见！真的？", ["你好。", "再见！", "真的？"]),
        ("他说：“是的。”然后走了。", ["他说：“是的。”", "然后走了。"]),
        ("It costs $3.50. Really? Yes!", ["It costs $3.50.", "Really?", "Yes!"]),
        ("Dr. Smith met J. Doe. They left.", ["Dr. Smith met J. Doe.", "They left."]),
        ("See Fig. 3 for details, e.g. the arrows.", ["See Fig. 3 for details, e.g. the arrows."]),
        ("The R.F.C. de Liège won. It drew.", ["The R.F.C. de Liège won.", "It drew."]),
        ("Made in the U.K.\nand sold", ["Made in the U.K.", "and sold"]),
        ("He joined the F.B.I. Then he left.", ["He joined the F.B.I.", "Then he left."]),
        ("Version v2.3.1 is out. 安装它。", ["Version v2.3.1 is out.", "安装它。"]),
        ("1. First item\n2. Second item", ["1. First item", "2. Second item"]),
        ("Title\n\nBody text", ["Title", "Body text"]),
        (f"{LONG}\nand continues. Next.", [f"{LONG}\nand continues.", "Next."]),
        (f"{LONG}\n- an item", [LONG, "- an item"]),
        ("short line\nnext line", ["short line", "next line"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


@given(texts)
def test_spans_are_in_order_trimmed_and_lose_only_white_space(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


def test_a_line_of_a_million_characters_is_cut_in_linear_time() -> None:
    text = "word. " * 200_000
    start = time.perf_counter()
    assert len(split_sentences(text)) == 200_000
    assert time.perf_counter() - start < 30  # a quadratic scan would take hours


def test_a_line_before_a_tables_row_is_no_wrapped_line_where_rows_count() -> None:
    rows = (
        "Error codes of the dishwasher and what to do about each of them\n"
        "E07 | The two boards lost each other | Switch off for one minute\n"
        "E08 | Leak sensor wet | Dry it"
    )
    assert [rows[a:b] for a, b in split_sentences(rows, rows=True)] == rows.splitlines()
    assert len(split_sentences(rows)) == 1


def test_a_bar_in_prose_is_no_row() -> None:
    prose = "In the settings file the value may be int | None, so that the\nservice starts without it."
    assert len(split_sentences(prose, rows=True)) == 1
