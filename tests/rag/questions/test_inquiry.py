"""What is made out of a question, once."""

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from rag.answer import Question, Turn
from rag.filter import Filter
from rag.models.generator import ChatGenerator
from rag.questions.inquiry import understand
from rag.questions.rewriting import Rewriter
from rag.text.analysis import Analyzer

HISTORY = (Turn("user", "P200 的保修期多长？"), Turn("assistant", "两年[1]。"))
ENGLISH = (Turn("user", "How long is the P200 under warranty?"), Turn("assistant", "Two years [1]."))
LEANING = ["它的软管呢？", "那 D80 呢？", "电池？"]
LEANING_ENGLISH = ["And the battery?", "Does it cover the tubing as well as the pump?"]


def test_a_first_question_is_searched_as_it_is() -> None:
    inquiry = understand(Question("  它多重？ "))
    assert inquiry.asked == inquiry.text == inquiry.query == "它多重？"
    assert inquiry.stands_alone


@pytest.mark.parametrize("text", LEANING)
def test_a_leaning_question_is_searched_with_the_one_before_it(text: str) -> None:
    inquiry = understand(Question(text, HISTORY))
    assert inquiry.query == f"P200 的保修期多长？\n{text}"
    assert inquiry.text == text
    assert inquiry.history == HISTORY
    assert not inquiry.stands_alone


@pytest.mark.parametrize("text", LEANING_ENGLISH)
def test_a_leaning_english_question_is_searched_with_the_one_before_it(text: str) -> None:
    assert understand(Question(text, ENGLISH)).query == f"How long is the P200 under warranty?\n{text}"


def test_a_change_of_topic_is_searched_alone() -> None:
    text = "Which documents must be attached to an expense claim?"
    assert understand(Question(text, ENGLISH)).query == text
    text = "员工每年可以享受多少天的年休假和病假？"
    assert understand(Question(text, HISTORY)).query == text


def test_a_rewritten_question_takes_the_place_of_what_was_asked() -> None:
    rewriter = Rewriter(ChatGenerator(FakeListChatModel(responses=["这不该问"])), Analyzer())
    inquiry = understand(Question("那 D80 呢？", HISTORY), rewriter=rewriter)
    assert inquiry.asked == "那 D80 呢？"
    assert inquiry.text == inquiry.query == inquiry.rewritten == "D80 的保修期多长？"
    assert inquiry.history == ()


def test_a_question_that_could_not_be_rewritten_keeps_its_conversation() -> None:
    rewriter = Rewriter(ChatGenerator(FakeListChatModel(responses=["用三年。"])), Analyzer())
    inquiry = understand(Question("它的软管呢？", HISTORY), rewriter=rewriter)
    assert inquiry.rewritten is None
    assert inquiry.query == "P200 的保修期多长？\n它的软管呢？"


def test_the_parts_are_those_of_a_question_that_stands_alone() -> None:
    text = "年假有多少天，加班怎么算？"
    assert understand(text).parts == ("年假有多少天", "加班怎么算")
    assert understand(text, split=False).parts == ()
    assert understand(Question("它怎么退货，多久能收到退款？", HISTORY)).parts == ()


def test_the_numbers_are_those_that_the_text_states() -> None:
    inquiry = understand("How much does the Tidal P200 cost for 1,500 units?")
    assert inquiry.numbers >= {"1500"}
    assert inquiry.language == "en"


def test_a_filter_that_everything_passes_is_none() -> None:
    assert understand(Question("?", filter=Filter())).filter is None
    assert understand(Question("?", filter=Filter(type=("md",)))).filter == Filter(type=("md",))
