"""Whether there is anything to answer from, and whether what was written is given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.documents import Document

from rag.answer import Reason
from rag.answering.citing import resolve_answer
from rag.answering.confidence import Calibration
from rag.answering.course import Course, Decision, unknown_codes, why_not_answer
from rag.answering.drafting import Clock, Draft
from rag.answering.evidence import Evidence
from rag.answering.extractive import ExtractiveReader
from rag.answering.prompt import is_decline, wording_for
from rag.filter import Filter
from rag.questions.inquiry import understand
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer
from rag.text.sentences import split_sentences
from tests.rag.answering.conftest import WARRANTY, MakeChain

TEXT = "潮汐 P200 报 E03 时检查压杆，E06 时断开触点。软管料号 CBP-2210。"


@pytest.fixture
def make_course(make_passage: Callable[..., Document], analyzer: Analyzer) -> Callable[..., Course]:
    """A course on which a text was written, and checked unless it is a decline."""

    def make(written: str, question: str = "软管多久换一次？", **draft: Any) -> Course:
        passage = make_passage(WARRANTY)
        generator = ExtractiveReader(analyzer=analyzer)
        course = Course(understand(question), Clock(), generator, retrieved=[passage])
        course.evidence = [Evidence(passage, tuple(split_sentences(WARRANTY)))]
        course.draft = Draft(written, **draft)
        if written.strip() and not is_decline(written):
            course.resolved = resolve_answer(written, [passage], course.inquiry, analyzer=analyzer)
        return course

    return make


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (" ", "wrote nothing"),
        ("资料中没有相关信息。", "found no answer"),
        ("[1]", "wrote no sentence"),
        ("公司总部位于火星基地的环形山。", "unsupported"),
        ("软管一次一次换[1]。", "only restates"),
    ],
)
def test_what_is_no_answer_is_declined_for_what_it_is(
    make_course: Callable[..., Course], analyzer: Analyzer, written: str, code: str
) -> None:
    reason, confidence = Decision(analyzer, AnsweringSettings()).decide(make_course(written), None)
    assert reason is not None and (reason.code, confidence) == (code, None)


def test_what_is_written_and_supported_is_given(
    make_course: Callable[..., Course], analyzer: Analyzer
) -> None:
    course = make_course("软管每 250 小时更换一次[1]。")
    assert Decision(analyzer, AnsweringSettings()).decide(course, 0.25) == (None, None)
    assert course.signals["declining"] == 0.25 and course.signals["cited rank"] == 1.0


def test_how_far_the_readers_agree_is_of_what_was_written_not_of_what_took_its_place(
    make_course: Callable[..., Course], analyzer: Analyzer
) -> None:
    written, found = "软管每 250 小时更换一次[1]。", "250 小时[1]。"
    decision = Decision(analyzer, AnsweringSettings())
    for course, agreement in (
        (make_course(written, found=found), 1.0),
        (make_course(found, found=found, first="两年[1]。"), 0.0),
        (make_course(found, found=found, first=" "), 0.0),
    ):
        decision.decide(course, 0.1)
        assert course.signals["agreement"] == agreement


def test_without_anything_to_read_there_is_nothing_to_write(make_course: Callable[..., Course]) -> None:
    course = make_course("")
    assert why_not_answer(course) is None
    course.evidence = []
    assert why_not_answer(course) == Reason("nothing found")
    filtered = replace(course.inquiry, filter=Filter(type=("pdf",)))
    course.inquiry, course.retrieved = filtered, []
    assert why_not_answer(course) == Reason("nothing passes")


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("P200 报 E12 是什么意思？", ["E12"]),
        ("P200 报 E3 怎么办？", []),
        ("What does E06 mean?", []),
        ("What is the price of cbp-2210 and CBP2211?", ["CBP2211"]),
        ("清泉 D80 的保修期多长？", []),
        ("Tidal P400 warranty", ["P400"]),
        ("2 台泵工作 12 年", []),
    ],
)
def test_a_code_is_unknown_when_only_others_of_its_kind_are_found(
    make_passage: Callable[..., Document], question: str, unknown: list[str]
) -> None:
    assert unknown_codes(question, [make_passage(TEXT)]) == unknown


def test_a_code_in_a_passages_title_is_known(make_passage: Callable[..., Document]) -> None:
    passages = [make_passage(TEXT), make_passage("两年。", context="P400 手册")]
    assert unknown_codes("P400 保修多久？", passages) == []


def calibration(constant: float) -> Calibration:
    return Calibration(
        generator="g", embedder="e", constant=constant, weights={"cited rank": 1.0}, threshold=0.5, risk=0.2
    )


def test_an_answer_that_is_probably_wrong_is_withheld(make_chain: MakeChain) -> None:
    answer = make_chain("软管每 250 小时更换一次[1]。", calibration=calibration(-4.0)).invoke(
        "软管多久换一次？"
    )
    assert answer.abstained and answer.sentences == () and answer.confidence is None
    assert answer.text.startswith(wording_for("zh").withheld)  # not that the documents don't hold it
    assert answer.reason is not None and answer.reason.code == "not sure enough"
    assert answer.reason.detail.endswith("%")
    assert answer.trace.draft == "软管每 250 小时更换一次[1]。" and answer.trace.signals


def test_an_answer_that_is_given_says_how_probably_it_is_right(make_chain: MakeChain) -> None:
    answer = make_chain("软管每 250 小时更换一次[1]。", calibration=calibration(2.0)).invoke(
        "软管多久换一次？"
    )
    assert not answer.abstained and answer.confidence is not None
    assert answer.confidence == calibration(2.0).probability(answer.trace.signals)


def test_the_least_confidence_can_be_set(make_chain: MakeChain) -> None:
    for least, withheld in ((0.0, False), (1.0, True)):
        chain = make_chain(
            "软管每 250 小时更换一次[1]。", calibration=calibration(0.0), minimum_confidence=least
        )
        assert chain.invoke("软管多久换一次？").abstained == withheld


def test_without_a_calibration_no_confidence_is_made_up(make_chain: MakeChain) -> None:
    assert make_chain("软管每 250 小时更换一次[1]。").invoke("软管多久换一次？").confidence is None
