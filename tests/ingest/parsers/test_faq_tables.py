"""Questions and answers in columns, under whatever names."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.documents import Document

from ingest.document_text import assemble
from ingest.parsers.delimited import DelimitedParser
from ingest.parsers.faq_tables import pair_columns
from ingest.parsers.json_document import JsonParser
from ingest.splitter import PassageSplitter

Parse = Callable[..., Any]


@pytest.mark.parametrize(
    ("names", "question", "answer"),
    [
        (["Question", "Answer"], 0, 1),
        (["id", "q", "a"], 1, 2),
        (["问题", "答案"], 0, 1),
        (["编号", "标准问", "相似问1", "相似问2", "答案"], 1, 4),
        (["回答", "提问"], 1, 0),
        (["問題", "回覆", "分類"], 0, 1),
        (["FAQ Question", "FAQ Answer"], 0, 1),
    ],
)
def test_columns_are_known_by_their_names(names: list[str], question: int, answer: int) -> None:
    columns = pair_columns(names)

    assert columns is not None
    assert (columns.question, columns.answer) == (question, answer)


@pytest.mark.parametrize("names", [["name", "answer"], ["问题", "负责人"], ["quantity", "amount"], []])
def test_other_tables_are_none(names: list[str]) -> None:
    assert pair_columns(names) is None


def test_pair_has_its_phrasings_answer_and_further_columns(parse: Parse) -> None:
    parsed = parse(
        DelimitedParser(),
        "category,question,other phrasings,answer,source\n"
        'Leave,How much leave?,Days off?|Vacation days?,"Twelve days.\nFive carry over.",handbook\n',
    )

    assert parsed.kinds == ["faq"]
    assert parsed.texts[0] == (
        "How much leave?\nDays off?\nVacation days?\nTwelve days.\nFive carry over.\nsource: handbook"
    )
    assert parsed.paths == [("Leave",)]


def test_question_without_an_answer_is_kept_as_prose(parse: Parse) -> None:
    parsed = parse(DelimitedParser(), "问题,答案\n能顺延吗？,\n几天？,十二天\n")

    assert list(zip(parsed.kinds, parsed.texts, strict=True)) == [
        ("prose", "能顺延吗？"),
        ("faq", "几天？\n十二天"),
    ]


def test_pairs_under_keys_are_found_too(parse: Parse) -> None:
    records = '[{"问题": "几天？", "相似问": ["多少天？", "多久？"], "答案": "十二天"}]'
    line = '{"q": "How long?", "a": "Two years."}'

    assert parse(JsonParser(), records).texts == ["几天？\n多少天？\n多久？\n十二天"]
    assert parse(JsonParser(), f'{{"faq": [{line}]}}').kinds == ["heading", "faq"]


def test_pair_is_one_passage(parse: Parse) -> None:
    parsed = parse(DelimitedParser(), "question,answer\nWhy?," + "Because. " * 500 + "\nWho?,Ann\n")
    text = assemble(parsed.blocks)
    document = Document(page_content=text.text, metadata={"blocks": text.blocks})

    passages = PassageSplitter().transform_documents([document])

    assert [each.metadata["kind"] for each in passages] == ["faq", "faq"]
