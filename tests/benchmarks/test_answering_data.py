"""What is to be said to a question, by what is read for it."""

from dataclasses import replace

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from benchmarks.answering_data import Case, _Asked, _case
from eval.datasets.records import EvalQuestion
from rag.answering.evidence import Evidence
from rag.answering.prompt import wording_for
from rag.knowledge_base import Analyzer, Glossary
from rag.sentences import Span

ZH, EN = "特斯拉于 1943 年去世。", "Tesla died in 1943."
QUESTION = EvalQuestion("q", "特斯拉哪一年去世？", "zh", answers=("1943 年",), relevant={"en": 1})


def case(
    set_name: str, *texts: tuple[str, str], written: str = "", question: EvalQuestion = QUESTION
) -> Case | None:
    """The case of what is read: sources and texts in order."""
    evidence = [
        Evidence(
            number,
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
        for number, (source, text) in enumerate(texts, start=1)
    ]
    teacher = GenericFakeChatModel(messages=iter([AIMessage(written)]))
    return _case(
        _Asked(set_name, question, ZH, removed=False), evidence, teacher, Analyzer(Glossary.parse(""))
    )


def test_what_the_teacher_says_over_the_right_passage_cites_it_where_it_stood() -> None:
    found = case("a", ("x", "车从南门发。"), ("en", ZH), written="特斯拉于 1943 年去世[1]。")
    assert found is not None and (found.target, found.kind) == ("特斯拉于 1943 年去世[2]。", "written")


def test_a_wrong_teacher_is_not_followed() -> None:
    found = case("a", ("en", ZH), written="特斯拉于 1856 年去世[1]。")
    assert found is not None and (found.target, found.kind) == ("1943 年[1]。", "alone")


def test_of_an_answer_as_long_as_a_document_a_part_is_enough() -> None:
    whole = replace(QUESTION, answers=(ZH * 20,))
    found = case("a", ("en", ZH), written="特斯拉于 1943 年去世[1]。", question=whole)
    assert found is not None and (found.target, found.kind) == ("特斯拉于 1943 年去世[1]。", "written")


@pytest.mark.parametrize("set_name", ["a", "zh@from_en"])
def test_what_is_not_read_is_declined(set_name: str) -> None:
    found = case(set_name, ("x", "车从南门发。"))
    assert found is not None and found.target == wording_for("zh").decline


@pytest.mark.parametrize("set_name", ["a", "en@from_zh"])
def test_nothing_is_declined_that_another_document_says(set_name: str) -> None:
    assert case(set_name, ("parallel", ZH)) is None
