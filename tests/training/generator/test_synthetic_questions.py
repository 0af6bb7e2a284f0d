"""What is asked about synthetic documents, and where the answers stand in them."""

from pathlib import Path

import pytest
from langchain_core.documents import Document

from rag.answering.evidence import Evidence
from rag.answering.prompt import wording_for
from rag.text.analysis import Analyzer, Glossary
from rag.text.language import language_of
from rag.text.sentences import Span
from training.generator.synthetic_cases import _case
from training.generator.synthetic_questions import Fact, SyntheticQuestion, synthetic_questions

HOURS = Fact("周一至周五 9:30 开门。", "店.md", (("周一至周五 9:30 开门",),))


@pytest.mark.parametrize("seed", [0, 1])
def test_every_fact_stands_in_its_document(tmp_path: Path, seed: int) -> None:
    questions = synthetic_questions(tmp_path, seed)
    facts = [fact for question in questions for fact in question.facts]
    assert len(facts) > 150
    for fact in facts:
        lines = (tmp_path / fact.source).read_text(encoding="utf-8").splitlines()
        for needle in fact.needles:
            assert any(all(part in line for part in needle) for line in lines), fact


def test_a_seed_makes_the_same_documents_and_questions(tmp_path: Path) -> None:
    once, again = synthetic_questions(tmp_path / "a", 3), synthetic_questions(tmp_path / "b", 3)
    assert once == again
    files = sorted(each.relative_to(tmp_path / "a") for each in (tmp_path / "a").rglob("*.md"))
    assert files and all(
        (tmp_path / "a" / each).read_bytes() == (tmp_path / "b" / each).read_bytes() for each in files
    )
    assert synthetic_questions(tmp_path / "c", 4) != once


def test_questions_are_in_the_language_they_say_and_a_third_has_no_answer(tmp_path: Path) -> None:
    questions = synthetic_questions(tmp_path, 0)
    assert all(language_of(each.text) == each.lang for each in questions)
    assert {each.lang for each in questions} == {"zh", "en"}
    assert 0.2 < sum(not each.facts for each in questions) / len(questions) < 0.4


@pytest.fixture
def evidence() -> list[Evidence]:
    texts = ("班车从南门发车。", "周一至周五 9:30 开门，周末晚半小时。\n谢绝携带宠物。")
    sources = ("车.md", "店.md")
    facts = {"doc_id": "", "start": 0, "context": "", "kind": "prose", "lang": "zh", "modified": ""}
    passages = [
        Document(id=source, page_content=text, metadata={**facts, "source": source})
        for text, source in zip(texts, sources, strict=True)
    ]
    return [Evidence(each, (Span(0, len(each.page_content)),)) for each in passages]


def test_a_case_cites_the_passage_that_holds_the_fact(evidence: list[Evidence]) -> None:
    case = _case(SyntheticQuestion("几点开门？", "zh", (HOURS,)), evidence, Analyzer(Glossary.parse("")))
    assert case is not None and (case.target, case.kind) == ("周一至周五 9:30 开门[2]。", "known")
    assert case.prompt.endswith("问题：几点开门？")


def test_what_is_not_read_is_declined_and_what_is_read_in_part_makes_no_case(
    evidence: list[Evidence],
) -> None:
    analyzer = Analyzer(Glossary.parse(""))
    absent = Fact("押金是 900 元。", "店.md", (("押金", "900 元"),))
    declined = _case(SyntheticQuestion("押金多少？", "zh", (absent,)), evidence, analyzer)
    assert declined is not None and declined.target == wording_for("zh").decline
    assert _case(SyntheticQuestion("几点开门？押金多少？", "zh", (HOURS, absent)), evidence, analyzer) is None
    assert (
        _case(SyntheticQuestion("几点开门？", "zh", (HOURS,), frozenset({"店.md"})), evidence, analyzer)
        is None
    )
