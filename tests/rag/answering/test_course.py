"""The answer that is made of what the stations noted."""

from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.answer import Reason
from rag.answering.course import Course
from rag.answering.drafting import Clock, Draft
from rag.answering.evidence import Evidence
from rag.questions.inquiry import understand
from rag.text.sentences import split_sentences


@pytest.fixture
def course(make_passage: Callable[..., Document]) -> Callable[[str], Course]:
    def make(question: str) -> Course:
        passages = [make_passage(f"Text {n}.", source=f"{n}.md") for n in (1, 1, 2, 3, 4)]
        made = Course(understand(question), Clock(), "g", retrieved=passages)
        made.evidence = [Evidence(each, tuple(split_sentences(each.page_content))) for each in passages]
        return made

    return make


def test_a_decline_names_the_three_nearest_documents_once(course: Callable[[str], Course]) -> None:
    english = course("How long?").closed(Reason("found no answer"))
    assert english.text == "The documents do not contain this. The nearest content is in: 1.md, 2.md, 3.md."
    chinese = course("多长？").closed(Reason("found no answer"))
    assert chinese.text == "资料中没有相关信息。最接近的内容来自：1.md、2.md、3.md。"
    assert english.abstained and english.reason == Reason("found no answer") and not english.citations


def test_what_was_taken_back_isnt_said_to_be_missing_from_the_documents(
    course: Callable[[str], Course],
) -> None:
    for code in ("unsupported", "only restates", "not sure enough"):
        assert course("How long?").closed(Reason(code)).text.startswith("I can't tell reliably")


def test_times_are_those_of_each_station(course: Callable[[str], Course]) -> None:
    made = course("How long?")
    made.understood_ms, made.gathered_ms, made.written_ms = 5.0, 12.5, 40.0
    made.draft = Draft("x", first_token_ms=20.0, prompt_tokens=7, generated_tokens=3)
    trace = made.closed(Reason("unsupported")).trace
    assert (trace.rewrite_ms, trace.retrieve_ms, trace.generate_ms) == (5.0, 7.5, 27.5)
    assert (trace.first_token_ms, trace.prompt_tokens, trace.generated_tokens) == (20.0, 7, 3)
    assert (trace.draft, trace.first_draft, trace.found) == ("x", "", None)
    assert trace.total_ms > 0 and made.opened().trace.total_ms == 0
    assert [each.name for each in trace.stages] == ["retrieved"]
