import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.answering import citing
from rag.answering.citing import Resolved, marked_sentences
from rag.answering.support import measure_support
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer
from rag.text.marks import normalize_marks, place_marks

Passages = list[Document]


def resolve_answer(generated: str, passages: Passages, question: str, **options: Any) -> Resolved:
    return citing.resolve_answer(generated, passages, understand(question), **options)


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
            "东北公司的股东登记为 79,053 户。", each.page_content, understand("有多少户？"), analyzer=analyzer
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


def test_a_mark_after_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    sentences, dropped = marked_sentences("保修两年。[1] 电池一年。[2]", 2)
    assert [(each.text, each.numbers) for each in sentences] == [("保修两年。", (1,)), ("电池一年。", (2,))]
    assert dropped == ()


def test_a_mark_before_the_full_stop_belongs_to_its_sentence() -> None:
    sentences, _ = marked_sentences("It lasts two years [1]. The battery lasts one [2][1].", 2)
    assert [each.numbers for each in sentences] == [(1,), (2, 1)]
    assert [each.text for each in sentences] == ["It lasts two years.", "The battery lasts one."]


@pytest.mark.parametrize("written", ["It costs EUR 18 [2]. [2].", "It costs EUR 18 [2].[2]."])
def test_a_sentence_that_is_cited_and_ended_twice_is_ended_once(written: str) -> None:
    ((text, numbers),) = ((each.text, each.numbers) for each in marked_sentences(written, 2)[0])
    assert place_marks(text, numbers) == "It costs EUR 18 [2]."


def test_numbers_that_do_not_exist_are_dropped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sentences, dropped = marked_sentences("Two years [1][7][0].", 3)
    assert sentences[0].numbers == (1,)
    assert dropped == (7, 0)
    assert "7" in caplog.text


@given(st.text(alphabet=st.sampled_from("ab保。. [123]【】\n"), max_size=80), st.integers(0, 5))
def test_any_text_gives_only_existing_numbers_and_no_marks_in_the_sentences(text: str, passages: int) -> None:
    sentences, _ = marked_sentences(text, passages)
    for each in sentences:
        assert all(1 <= number <= passages for number in each.numbers)
        assert len(set(each.numbers)) == len(each.numbers)
        assert normalize_marks(each.text) == each.text or "[" in each.text
