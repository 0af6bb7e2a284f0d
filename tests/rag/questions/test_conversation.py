import pytest

from rag.answer import Question, Turn
from rag.questions.conversation import retrieval_query
from rag.questions.parts import split_question

HISTORY = (Turn("user", "P200 的保修期多长？"), Turn("assistant", "两年[1]。"))
ENGLISH = (Turn("user", "How long is the P200 under warranty?"), Turn("assistant", "Two years [1]."))


def test_a_first_question_is_searched_as_it_is() -> None:
    assert retrieval_query(Question("  它多重？ ")) == "它多重？"


@pytest.mark.parametrize("text", ["它的软管呢？", "那 D80 呢？", "电池？"])
def test_a_leaning_question_is_searched_with_the_one_before_it(text: str) -> None:
    assert retrieval_query(Question(text, HISTORY)) == f"P200 的保修期多长？\n{text}"


@pytest.mark.parametrize("text", ["And the battery?", "Does it cover the tubing as well as the pump?"])
def test_a_leaning_english_question_is_searched_with_the_one_before_it(text: str) -> None:
    assert retrieval_query(Question(text, ENGLISH)).startswith("How long is the P200 under warranty?\n")


def test_a_change_of_topic_is_searched_alone() -> None:
    text = "Which documents must be attached to an expense claim?"
    assert retrieval_query(Question(text, ENGLISH)) == text
    text = "员工每年可以享受多少天的年休假和病假？"
    assert retrieval_query(Question(text, HISTORY)) == text


@pytest.mark.parametrize(
    "question", [Question("它怎么退货？", HISTORY), Question("What about its price?", ENGLISH)]
)
def test_what_a_question_leans_on_is_not_asked_again(question: Question) -> None:
    assert split_question(retrieval_query(question)) == ()
