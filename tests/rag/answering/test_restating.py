"""A draft that only says the question again is no answer: it is asked for once more, and else withheld."""

from collections.abc import Callable

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage

from rag.answer import Answer
from rag.answering import AnswerChain
from rag.answering.prompt import wording_for
from rag.answering.restating import only_restates
from rag.text.analysis import Analyzer
from tests.rag.answering.test_chain import FixedRetriever
from tests.rag.answering.test_repair import Recording

QUESTION = "How many pumps left the Millford works by 1990?"
AGAIN = "The pumps left the Millford works by 1990 [1]."
PASSAGE = "By 1990, 320 pumps had left the Millford works for Norway."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (QUESTION, AGAIN),
        ("年糕和米糕都是在什么节日吃的？", "年糕和米糕都是在节日吃的[1]。"),
        ("张华后来为什么离开工厂？", "张华后来离开工厂[1]。"),
        ("Which member of the board closed the works?", "A member of the board closed the works [1]."),
    ],
)
def test_what_only_says_the_question_again(question: str, text: str, analyzer: Analyzer) -> None:
    assert only_restates(text, question, analyzer)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (QUESTION, "320 pumps left the Millford works by 1990 [1]."),
        (QUESTION, "Pumps [1]."),
        (QUESTION, "The documents do not contain this."),
        (QUESTION, ""),
        ("年糕和米糕都是在什么节日吃的？", "年糕和米糕都是在春节吃的[1]。"),
        ("P200 和 P300 哪个更重？", "P300 更重[1]。"),
        ("P200 重还是 P300 重？", "P200 重[1]。"),
        ("Is the pump heavier than the tube?", "The pump is heavier than the tube [1]."),
        ("泵每年都要清洗吗？", "泵每年都要清洗[1]。"),
        ("Is it the pump or the tube that leaks?", "It is the tube that leaks [1]."),
    ],
)
def test_what_is_an_answer_or_none_at_all(question: str, text: str, analyzer: Analyzer) -> None:
    assert not only_restates(text, question, analyzer)


Ask = Callable[..., tuple[Answer, list[str]]]


@pytest.fixture
def ask(analyzer: Analyzer, make_passage: Callable[..., Document]) -> Ask:
    def asked(*drafts: str, **options: object) -> tuple[Answer, list[str]]:
        generator = Recording(messages=iter([AIMessage(each) for each in drafts]))
        retriever = FixedRetriever(passages=[make_passage(PASSAGE)])
        chain = AnswerChain(retriever, generator, analyzer, **options)  # type: ignore[arg-type]
        return chain.invoke(QUESTION), generator.prompts

    return asked


def test_it_is_asked_once_more_for_what_is_asked_alone(ask: Ask) -> None:
    answer, prompts = ask(AGAIN, "320 [1].")
    assert (answer.text, answer.abstained) == ("320 [1].", False)
    assert [prompt.rpartition("Question: ")[2] for prompt in prompts] == [
        QUESTION,
        wording_for("en").plainly.format(question=QUESTION),
    ]
    assert (answer.question, answer.trace.first_draft, answer.trace.draft) == (QUESTION, AGAIN, "320 [1].")


@pytest.mark.parametrize("second", [AGAIN, " ", "The documents do not contain this."])
def test_what_still_says_nothing_is_withheld_with_the_reason(ask: Ask, second: str) -> None:
    answer, _ = ask(AGAIN, second)
    assert (answer.abstained, answer.reason_code) == (True, "only restates")


def test_an_answer_is_asked_for_once(ask: Ask) -> None:
    answer, prompts = ask("320 pumps left the Millford works by 1990 [1].")
    assert len(prompts) == 1 and answer.trace.first_draft == ""


def test_unchecked_answers_stay_as_they_were_written(ask: Ask) -> None:
    answer, prompts = ask(AGAIN, check="none")
    assert len(prompts) == 1 and answer.text == AGAIN
