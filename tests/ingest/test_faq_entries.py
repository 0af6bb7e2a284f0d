"""Where an entry's question, phrasings and answer stand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from ingest.document_text import assemble
from ingest.faq_entries import find_entry
from ingest.normalization import normalize, normalize_line
from ingest.parsers.blocks import block
from ingest.parsers.faq import faq_block, pair_questions
from ingest.parsers.faq_tables import pair_columns, pair_table
from ingest.reading.document import ReadDocument, split_text
from ingest.reading.frames import decode_frame, encode_frame, read_from_json, read_to_json
from ingest.splitter import PassageSplitter
from rag.knowledge_base import NewDocument, NewPassage
from rag.knowledge_base.catalogue.insertion import entry_flaw


def entries(blocks: list[Document]) -> list[tuple[tuple[str, ...], str] | None]:
    """Questions and answer of each entry, cut out by their spans."""
    text = assemble(blocks)
    found: list[tuple[tuple[str, ...], str] | None] = []
    for each in text.blocks:
        if each.kind == "faq":
            entry = find_entry(text.text, each)
            cut = None
            if entry is not None:
                questions = tuple(text.text[slice(*span)] for span in entry.questions)
                cut = (questions, text.text[slice(*entry.answer)])
            found.append(cut)
    return found


def test_table_of_pairs_keeps_phrasings_answer_and_other_columns_apart() -> None:
    names = ["问题", "相似问", "答案", "负责人"]
    columns = pair_columns(names)
    assert columns is not None
    row = ["怎么退货？", "能退吗|退货流程", "七天内。\n\n带上发票。", "王芳"]

    (pair,) = pair_table([row], columns, names)

    assert pair.page_content == "怎么退货？\n能退吗\n退货流程\n七天内。\n\n带上发票。\n负责人: 王芳"
    assert entries([block("prose", "前文"), pair]) == [
        (("怎么退货？", "能退吗", "退货流程"), "七天内。\n\n带上发票。")
    ]


def test_headings_bold_questions_and_marked_pairs_are_entries() -> None:
    blocks = pair_questions(
        [
            block("heading", "Who signs?", heading=("Who signs?",), level=2),
            block("prose", "HR."),
            block("list", "- in writing"),
            block("heading", "Other", heading=("Other",), level=2),
            block("prose", "Q: 怎么请假？\nA: 填表。\n第二行。\nQ2: Who\npays?\nA2: HR."),
            block("prose", "**问题二**：何时？"),
            block("prose", "**答**：三月。"),
        ]
    )

    assert entries(blocks) == [
        (("Who signs?",), "HR.\n\n- in writing"),
        (("怎么请假？",), "填表。\n第二行。"),
        (("Who\npays?",), "HR."),
        (("何时？",), "三月。"),
    ]


@pytest.mark.parametrize("text", ["Only a question?", "Q: and an empty answer?\nA:"])
def test_pair_without_question_or_answer_is_no_entry(text: str) -> None:
    assert entries([block("faq", text)]) == [None]


LINES = st.text(st.characters(codec="utf-8"), max_size=30)


@given(LINES, st.lists(LINES, max_size=3), st.text(max_size=60), st.lists(LINES, max_size=2), st.booleans())
def test_spans_are_exact_slices_whatever_is_written(
    question: str, phrasings: list[str], answer: str, more: list[str], later: bool
) -> None:
    phrasings = [each for each in phrasings if normalize_line(each)]
    more = [each for each in more if normalize_line(each)]
    pair = faq_block(question, answer, phrasings=phrasings, more=more)
    text = assemble([block("prose", "Before."), pair] if later else [pair])

    for passage in split_text(PassageSplitter(), text, "Title"):
        assert text.text[passage.start : passage.end] == passage.text
        if passage.entry is not None:
            assert entry_flaw(passage, passage.entry) is None
            said = text.text[slice(*passage.entry.answer)]
            assert said in passage.text
            if normalize_line(question) and normalize_line(question)[0] not in "QqＱ问問*_":
                assert len(passage.entry.questions) == 1 + len(phrasings)
                assert said == normalize(answer)


def test_entry_survives_the_pipe_between_processes() -> None:
    text = assemble([faq_block("How many?", "Twelve.", phrasings=["Count?"])])
    passages = split_text(PassageSplitter(), text, "")
    read = ReadDocument(NewDocument("a.csv", "0", 1, 1, "csv", text=text.text), passages)

    again = read_from_json(decode_frame(encode_frame(json.loads(json.dumps(read_to_json(read))))[8:]))

    assert again.passages == passages
    assert isinstance(passages[0], NewPassage)
    assert again.passages[0].questions == ("How many?", "Count?")
