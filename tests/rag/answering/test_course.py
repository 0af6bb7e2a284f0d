"""The answer that is made of what the stations noted."""

from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.answer import Question, Reason
from rag.answering.course import Course
from rag.answering.drafting import Clock, Draft
from rag.answering.evidence import Evidence
from rag.answering.extractive import ExtractiveReader
from rag.filter import Filter
from rag.questions.inquiry import understand
from rag.text.analysis import Analyzer
from rag.text.sentences import split_sentences


@pytest.fixture
def course(make_passage: Callable[..., Document], analyzer: Analyzer) -> Callable[..., Course]:
    def make(question: str, filter: Filter | None = None) -> Course:
        passages = [make_passage(f"Text {n}.", source=f"{n}.md") for n in (1, 1, 2, 3, 4)]
        made = Course(
            understand(Question(question, filter=filter)),
            Clock(),
            ExtractiveReader(analyzer=analyzer),
            retrieved=passages,
        )
        made.evidence = [Evidence(each, tuple(split_sentences(each.page_content))) for each in passages]
        return made

    return make


def test_a_decline_names_the_three_nearest_documents_once(course: Callable[..., Course]) -> None:
    english = course("How long?").closed(Reason("found no answer"))
    assert english.text == "The documents do not contain this. The nearest content is in: 1.md, 2.md, 3.md."
    chinese = course("多长？").closed(Reason("found no answer"))
    assert chinese.text == "资料中没有相关信息。最接近的内容来自：1.md、2.md、3.md。"
    assert english.abstained and english.reason == Reason("found no answer") and not english.citations


def test_what_was_taken_back_isnt_said_to_be_missing_from_the_documents(
    course: Callable[..., Course],
) -> None:
    for code in ("unsupported", "only restates", "not sure enough"):
        assert course("How long?").closed(Reason(code)).text.startswith("I can't tell reliably")


def test_with_a_filter_the_other_documents_arent_said_to_lack_the_answer(
    course: Callable[..., Course],
) -> None:
    only = Filter(source=("hr/",))
    english = course("How long?", only).closed(Reason("found no answer"))
    assert english.text.startswith("No answer was found in the documents that pass the filter. The nearest")
    assert (
        course("多长？", only).closed(Reason("unknown codes", "P4")).text.startswith("在筛选出的文档里没有")
    )
    assert course("How long?", only).closed(Reason("unsupported")).text.startswith("I can't tell reliably")


def test_times_are_those_of_each_station(course: Callable[..., Course]) -> None:
    made = course("How long?")
    made.understood_ms, made.gathered_ms, made.written_ms = 5.0, 12.5, 40.0
    made.draft = Draft("x", first_token_ms=20.0, prompt_tokens=7, generated_tokens=3)
    trace = made.closed(Reason("unsupported")).trace
    assert (trace.rewrite_ms, trace.retrieve_ms, trace.generate_ms) == (5.0, 7.5, 27.5)
    assert (trace.first_token_ms, trace.prompt_tokens, trace.generated_tokens) == (20.0, 7, 3)
    assert (trace.draft, trace.first_draft, trace.found) == ("x", "", None)
    assert trace.total_ms > 0 and made.opened().trace.total_ms == 0
    assert [each.name for each in trace.stages] == ["retrieved"]
