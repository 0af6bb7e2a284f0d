"""What is to be said to the questions on a document, by what is read for them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from langchain_core.documents import Document

from eval.datasets.pool import pool_sets
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet
from rag.answering.evidence import Evidence
from rag.answering.prompt import wording_for
from rag.text.sentences import Span
from training.generator.cases import Case, Kind, alone, cases_of
from training.generator.groups import Group, choose_groups

ZH = "特斯拉于 1943 年去世。"
QUESTION = EvalQuestion("q", "特斯拉哪一年去世？", "zh", answers=("1943 年",), relevant={"doc": 1})
NEARLY = EvalQuestion("n", "特斯拉哪一年出生？", "zh", answerable=False, near_document="doc")
SAID: Mapping[tuple[str, str], tuple[str, Kind]] = {
    (name, "q"): ("1943 年。", "alone") for name in ("a", "doc@from_zh")
}


def cases(set_name: str, *texts: tuple[str, str]) -> list[Case]:
    """The cases of what is read: sources and texts in order."""
    group = Group(set_name, (QUESTION, NEARLY), ZH, removed=False)
    return list(cases_of(group, evidence_of(*texts), SAID))


def evidence_of(*texts: tuple[str, str]) -> list[Evidence]:
    """What is read: sources and texts in order."""
    return [
        Evidence(
            Document(
                page_content=text,
                metadata={
                    "source": source,
                    "start": 0,
                    "context": "",
                    "kind": "prose",
                    "lang": "",
                    "modified": "",
                },
            ),
            (Span(0, len(text)),),
        )
        for source, text in texts
    ]


def test_what_the_evidence_holds_is_said_citing_where_it_stands_and_what_it_nearly_says_is_declined() -> None:
    found = cases("a", ("x", "车从南门发。"), ("doc", ZH))
    assert [(each.target, each.kind) for each in found] == [
        ("1943 年[2]。", "alone"),
        (wording_for("zh").decline, "decline"),
    ]
    assert len({each.group for each in found}) == 1
    assert len({each.prompt.rpartition("问题：")[0] for each in found}) == 1


@pytest.mark.parametrize("set_name", ["a", "doc@from_zh"])
def test_what_is_not_read_is_declined(set_name: str) -> None:
    found = cases(set_name, ("x", "车从南门发。"))
    assert {each.target for each in found} == {wording_for("zh").decline}


@pytest.mark.parametrize("set_name", ["a", "doc@from_zh"])
def test_nothing_is_declined_that_another_document_says(set_name: str) -> None:
    assert [each.question for each in cases(set_name, ("parallel", ZH))] == [NEARLY.text]


def test_of_an_answer_as_long_as_a_document_a_part_is_enough() -> None:
    whole = replace(QUESTION, answers=(ZH * 20,))
    evidence = evidence_of(("doc", ZH))
    found = list(cases_of(Group("a", (whole,), ZH, removed=False), evidence, SAID))
    assert [each.target for each in found] == ["1943 年[1]。"]


@pytest.mark.parametrize(
    ("lang", "answers", "said"),
    [
        ("zh", ("1943 年",), "1943 年。"),
        ("zh", ("遥，",), "遥。"),
        ("en", ("polynomial", "polynomial time", "polynomial time"), "Polynomial time."),
        ("en", ("the loading gauge", "loading gauge"), "The loading gauge."),
        ("en", ("eBay shops",), "eBay shops."),
        ("en", ("word " * 100,), ""),
        ("en", (), ""),
    ],
)
def test_what_most_say_is_said_in_the_documents_words(lang: str, answers: tuple[str, ...], said: str) -> None:
    text = {"zh": "特斯拉哪一年去世？", "en": "When did Tesla die?"}[lang]
    assert alone(EvalQuestion("q", text, lang, answers=answers)) == said


def test_questions_that_may_not_be_trained_on_are_in_no_group() -> None:
    documents = tuple(EvalDocument(f"doc-{number}", "", f"第 {number} 篇。", "zh") for number in range(40))
    questions = tuple(
        EvalQuestion(f"q-{number}", f"第 {number} 问？", "zh", answers=("一",), relevant={f"doc-{number}": 1})
        for number in range(40)
    )
    pool = pool_sets([EvalSet("xquad_zh", documents, questions)], limit=None)
    allowed = {each.id for each in questions[:10]}
    groups = choose_groups(pool, {"xquad_zh": allowed}, seed=0)
    assert {each.id for group in groups for each in group.questions} == allowed
    assert {group.removed for group in groups} == {False, True}


def test_beside_written_questions_a_share_of_the_own_ones_is_asked() -> None:
    documents = tuple(EvalDocument(f"doc-{number}", "", f"第 {number} 篇。", "zh") for number in range(40))
    questions = tuple(
        EvalQuestion(f"q-{number}", f"第 {number} 问？", "zh", answers=("一",), relevant={f"doc-{number}": 1})
        for number in range(40)
    )
    written = tuple(replace(each, id=f"w-{each.id}") for each in questions[:30])
    sets = [EvalSet("xquad_zh", documents, questions), EvalSet("xquad_zh+written", documents, written)]
    pool = pool_sets(sets, limit=None)
    allowed = {each.name: {question.id for question in each.questions} for each in sets}
    groups = choose_groups(pool, allowed, seed=0, share=0.1)
    own = {group.questions[0].id for group in groups if group.set_name == "xquad_zh"}
    assert len(own) == 9  # of 90
    assert {each.id for group in groups for each in group.questions} - own == {each.id for each in written}
    assert not any(group.removed for group in groups if group.set_name != "xquad_zh")
