from typing import Any

import pytest
from langchain_core.documents import Document

from eval.generate.checks import ambiguity, objection
from eval.generate.question_prompt import QuestionDraft
from eval.spans import find_span
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from rag.text.sentences import Span


def _passage(knowledge_base: KnowledgeBase, source: str) -> Any:
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        return snapshot.document_passages(source)[0]


@pytest.mark.parametrize(
    ("source", "question", "answer", "reason"),
    [
        ("manual.md", "How often must the Tidal P200 pump be cleaned?", "every six months", None),
        ("manual.md", "How often must this pump be cleaned?", "every six months", "stand alone"),
        (
            "manual.md",
            "According to the passage, how often is the pump cleaned?",
            "six months",
            "stand alone",
        ),
        ("manual.md", "How often must it be cleaned?", "every six months", "stand alone"),
        ("manual.md", "Who cleans the pump every six months or so?", "six months", "holds its answer"),
        ("manual.md", "How often must the Tidal P200 pump be cleaned", "six months", "not one question"),
        ("manual.md", "How often is the pump cleaned? By whom?", "six months", "not one question"),
        ("manual.md", "The cleaning of the Tidal P200 pump?", "six months", "not one question"),
        ("manual.md", "多久清洗一次潮汐 P200 泵？", "six months", "another language"),
        ("manual.md", "How?", "six months", "too short"),
        ("leave.md", "员工入职满一年后每年有几天年假？", "十二天", None),
        ("leave.md", "员工年假按什么单位计算和申请？", "天", "answer is too short"),
        ("leave.md", "应该提前几天申请其他年假？", "五个工作日", None),
        ("leave.md", "该员工每年有几天年假？", "十二天", "stand alone"),
        ("leave.md", "根据资料，员工每年有几天年假？", "十二天", "stand alone"),
        ("leave.md", "他每年有几天年假？", "十二天", "stand alone"),
    ],
)
def test_a_question_is_fit_or_it_is_said_why_not(
    knowledge_base: KnowledgeBase, source: str, question: str, answer: str, reason: str | None
) -> None:
    passage = _passage(knowledge_base, source)
    span = find_span(passage.page_content, answer)
    assert span is not None
    found = objection(QuestionDraft(question, answer), passage, span)
    assert (found is None) if reason is None else (found is not None and reason in found)


def test_a_long_answer_is_none(make_knowledge_base: Any) -> None:
    text = "The workshop cleans pumps, changes belts, tests valves, " * 4 + "and sends everything back."
    passage = _passage(make_knowledge_base({"a.md": text}), "a.md")
    found = objection(QuestionDraft("What does the repair shop do?", text), passage, Span(0, len(text)))
    assert found == "the answer is too long"


def test_a_question_that_fits_other_documents_is_ambiguous(make_knowledge_base: Any) -> None:
    kb = make_knowledge_base(
        {
            "a.md": "Data sheet of the red pump. The weight of the pump is 6.4 kg without its head.",
            "b.md": "Data sheet of the blue pump. The weight of the pump is 9.6 kg without its head.",
        }
    )
    view = kb.view(EVERYTHING)
    passage = _passage(kb, "a.md")
    general = ambiguity("What is the weight of the pump?", "6.4 kg", passage, view)
    assert general == "another passage fits the question"
    assert ambiguity("What is the weight of the red pump?", "6.4 kg", passage, view) is None
    assert ambiguity("How heavy?", "6.4 kg", passage, view) == "the question is too general"


def test_a_question_on_a_table_names_the_answers_column(make_knowledge_base: Any) -> None:
    view = make_knowledge_base({"a.md": "x y z"}).view(EVERYTHING)
    row = "首次响应 | 下一个工作日 | 8个工作小时 | 4个工作小时"
    metadata = {"kind": "table", "context": "服务等级\n项目 | 标准 | 银牌 | 金牌", "doc_id": "t"}
    passage = Document(id="t", page_content=row, metadata=metadata)
    reason = "the question doesn't say which column"
    assert ambiguity("服务等级的首次响应时间是多少？", "下一个工作日", passage, view) == reason
    assert ambiguity("金牌服务等级的首次响应时间是多少？", "8个工作小时", passage, view) == reason
    assert ambiguity("银牌服务等级的首次响应时间是多少？", "8个工作小时", passage, view) is None
    two = Document(id="t", page_content="噪声 | 52 dB", metadata={**metadata, "context": "参数\n项目 | 数值"})
    assert ambiguity("参数里的噪声是多少？", "52 dB", two, view) is None
