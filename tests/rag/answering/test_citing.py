from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.answering.citing import resolve_answer
from rag.answering.support import measure_support
from rag.text.analysis import Analyzer

Passages = list[Document]


@pytest.fixture
def passages(make_passage: Callable[..., Document]) -> Passages:
    return [
        make_passage("班车每天早上七点四十从南门发车。停车免费。", source="bus.md", start=100),
        make_passage("潮汐 P200 的保修期为两年。软管每运行 250 小时更换一次。", source="p200.md", start=40),
    ]


def test_citations_are_exact_slices_of_the_document(analyzer: Analyzer, passages: Passages) -> None:
    resolved = resolve_answer("软管每 250 小时更换一次[2]。", passages, "软管多久换？", analyzer=analyzer)
    (citation,) = resolved.citations
    text = passages[1].page_content
    assert citation.number == 2
    assert text[citation.start - 40 : citation.end - 40] == citation.quote == "软管每运行 250 小时更换一次。"


def test_sentences_are_exact_slices_of_the_answer(analyzer: Analyzer, passages: Passages) -> None:
    resolved = resolve_answer(
        "软管每 250 小时更换一次。[2] 班车从南门发车【1】。", passages, "?", analyzer=analyzer
    )
    assert [resolved.text[each.start : each.end] for each in resolved.sentences] == [
        each.text for each in resolved.sentences
    ]
    assert resolved.text == "软管每 250 小时更换一次[2]。班车从南门发车[1]。"


def test_a_wrong_citation_gives_way_to_the_passage_that_supports_the_sentence(
    analyzer: Analyzer, passages: Passages
) -> None:
    resolved = resolve_answer("软管每 250 小时更换一次[1]。", passages, "软管多久换？", analyzer=analyzer)
    assert resolved.sentences[0].citations == (2,)


def test_a_missing_citation_is_found(analyzer: Analyzer, passages: Passages) -> None:
    resolved = resolve_answer("班车从南门发车。", passages, "班车从哪里发车？", analyzer=analyzer)
    assert resolved.sentences[0].citations == (1,)
    assert resolved.citations[0].quote == "班车每天早上七点四十从南门发车。"


def test_a_sentence_that_nothing_supports_is_removed_and_kept_on_record(
    analyzer: Analyzer, passages: Passages
) -> None:
    resolved = resolve_answer(
        "公司总部位于火星基地[1]。班车从南门发车[1]。",
        passages,
        "公司在哪里，班车从哪里发车？",
        analyzer=analyzer,
    )
    assert resolved.removed == ("公司总部位于火星基地。",)
    assert resolved.text == "班车从南门发车[1]。"
    assert [each.citations for each in resolved.sentences] == [(1,)]


@pytest.mark.parametrize(
    "written",
    [
        "软管每运行 300 小时更换一次[2]。",  # the number
        "潮汐 P300 的软管要更换[2]。",  # the name
        "停车不免费[1]。",  # the negation
    ],
)
def test_a_sentence_that_its_evidence_contradicts_is_removed(
    analyzer: Analyzer, passages: Passages, written: str
) -> None:
    resolved = resolve_answer(written, passages, "软管和停车？", analyzer=analyzer)
    assert resolved.sentences == () and len(resolved.removed) == 1


def test_a_citation_that_cannot_bear_out_gives_way_to_what_supports_less_than_usually_asked(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    passages = [
        make_passage("本季度一共召开三次会议。", source="a.md"),
        make_passage("普通股股东总数 79,053 报告期末。", source="b.md"),
    ]
    resolved = resolve_answer(
        "东北公司的股东登记为 79,053 户[1]。", passages, "有多少户？", analyzer=analyzer
    )
    supports = [
        measure_support(
            "东北公司的股东登记为 79,053 户。", each.page_content, "有多少户？", analyzer=analyzer
        )
        for each in passages
    ]
    assert supports[0].disagreement == "number" and 0.25 <= supports[1].share < 0.4
    assert resolved.sentences[0].citations == (2,)


def test_a_foreign_citation_that_lacks_the_number_gives_way_to_what_has_it(
    analyzer: Analyzer, passages: Passages, make_passage: Callable[..., Document]
) -> None:
    english = make_passage("Replace the tubing in time.", source="en.md")
    resolved = resolve_answer(
        "软管每 250 小时更换一次[3]。", [*passages, english], "多久？", analyzer=analyzer
    )
    assert resolved.sentences[0].citations == (2,)


def test_a_sentence_in_another_language_is_held_to_its_numbers_alone(
    analyzer: Analyzer, passages: Passages, make_passage: Callable[..., Document]
) -> None:
    english = make_passage("Replace the tubing every 250 hours.", source="en.md")
    for written, kept in (("每运行 250 小时换管[3]。", 1), ("每运行 290 小时换管[3]。", 0)):
        resolved = resolve_answer(written, [*passages[:1], english, english], "多久？", analyzer=analyzer)
        assert len(resolved.sentences) == kept


def test_a_citation_that_does_not_exist_is_dropped(analyzer: Analyzer, passages: Passages) -> None:
    resolved = resolve_answer("班车从南门发车[9]。", passages, "班车从哪里发车？", analyzer=analyzer)
    assert resolved.dropped == (9,)
    assert resolved.sentences[0].citations == (1,)


def test_a_citation_in_another_language_is_kept(
    analyzer: Analyzer, passages: Passages, make_passage: Callable[..., Document]
) -> None:
    english = make_passage("Replace the tubing every 250 hours.", source="en.md")
    resolved = resolve_answer(
        "软管每 250 小时更换[3]。", [*passages, english], "软管多久换？", analyzer=analyzer
    )
    assert resolved.sentences[0].citations == (3,)
