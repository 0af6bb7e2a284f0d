"""What a question would be saved as before anybody has corrected it."""

import pytest

from rag.answer import Answer, Sentence, Trace, Turn
from ui.session import Exchange
from ui.suggestion import short_answer, suggested


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        ("滤芯多久更换一次？", "滤芯每六个月更换一次 [1]。", "每六个月"),
        ("保修期多长？", "保修期为36个月[1]。", "36个月"),
        ("Where is the office?", "The office is in Suzhou [1].", "The office is in Suzhou"),
        (
            "Which switch is ON?",
            "Switch [1] of 8119 is it [1].",
            "Switch [1] of 8119 is it",
        ),  # its own brackets
        ("The warranty lasts how long?", "The warranty lasts 24 months [1].", "24 months"),
        ("保修期多长？", "保修期多长？", "保修期多长"),  # rather all of it than nothing
    ],
)
def test_suggested_answer_leaves_out_marks_and_the_questions_words(
    question: str, sentence: str, short: str
) -> None:
    answer = Answer(question, sentence, (), (Sentence(sentence, 0, len(sentence), (1,), 1.0),))
    assert short_answer(answer) == short


def test_declined_question_is_suggested_as_unanswerable_and_conversation_is_kept_if_it_leant_on_it() -> None:
    history = (Turn("user", "a"), Turn("assistant", "b"))
    alone = Answer("q", "No.", (), abstained=True, trace=Trace(query="q"))
    found = suggested(Exchange("q", history, answer=alone))
    assert (found.answerable, found.answers, found.kind, found.history) == (False, (), "unanswerable", ())
    leaning = Answer("q", "No.", (), abstained=True, trace=Trace(query="a q"))
    assert suggested(Exchange("q", history, answer=leaning)).history == history
