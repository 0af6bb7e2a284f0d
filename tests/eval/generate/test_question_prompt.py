import pytest
from langchain_core.documents import Document

from eval.generate.question_prompt import QuestionDraft, parse_reply, writing_messages
from rag.text.sentences import Span


@pytest.mark.parametrize(
    ("reply", "draft"),
    [
        ("Question: How long?\nAnswer: two years.", QuestionDraft("How long?", "two years")),
        ("问题：多久？\n答案：“两年”。", QuestionDraft("多久？", "两年")),
        ("**Question:** How long?\n\n**Answer:** `two years`", QuestionDraft("How long?", "two years")),
        ("Sure!\nQ: How long?\nA: two years\nMore text", QuestionDraft("How long?", "two years")),
        ("How long?\nTwo years", None),
        ("问题：\n答案：两年", None),
        ("Question: How long?\nAnswer: .", None),
        ("", None),
    ],
)
def test_a_reply_is_read_however_it_is_set(reply: str, draft: QuestionDraft | None) -> None:
    assert parse_reply(reply) == draft


def test_the_prompt_shows_a_row_with_the_names_of_its_columns() -> None:
    row = "E04 | Speed differs | Check the belt"
    passage = Document(
        id="p",
        page_content=row,
        metadata={
            "doc_id": "d",
            "source": "manual.md",
            "page": 2,
            "heading": ("Codes",),
            "start": 10,
            "end": 10 + len(row),
            "context": "Manual > Codes\nCode | Meaning | Action",
            "kind": "table",
            "lang": "en",
            "modified": "2026-01-01",
        },
    )
    last = str(writing_messages(passage, Span(0, len(row)))[-1].text)
    assert "Manual > Codes" in last and "Meaning Speed differs" in last
    assert last.endswith(f"The sentence: {row}")
