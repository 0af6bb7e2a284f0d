from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from rag.answer import Question, Turn
from rag.answering.extractive import ExtractiveReader
from rag.models.generator import ChatGenerator
from rag.questions.rewriting import Rewriter, objection_to, with_code_replaced
from rag.questions.rewriting_prompt import rewriting_head, rewriting_messages
from rag.text.analysis import Analyzer

ZH = (Turn("user", "潮汐 P200 的软管多久换一次？"), Turn("assistant", "每运行 250 小时[1]。"))
EN = (Turn("user", "Can I return unopened goods?"), Turn("assistant", "Yes, within 14 days [1]."))


def rewrite(text: str, history: tuple[Turn, ...], written: str, analyzer: Analyzer) -> str | None:
    generator = GenericFakeChatModel(messages=iter([AIMessage(written)]))
    return Rewriter(ChatGenerator(generator), analyzer).standalone(Question(text, history))


def test_a_leaning_question_is_completed_from_the_conversation(analyzer: Analyzer) -> None:
    assert rewrite("它有多重？", ZH, "潮汐 P200 有多重？", analyzer) == "潮汐 P200 有多重？"
    written = "Standalone question: Is there a fee for returning unopened goods?\nBecause …"
    assert rewrite("Is there a fee for that?", EN, written, analyzer) == (
        "Is there a fee for returning unopened goods?"
    )


def test_a_change_of_topic_does_not_ask_the_generator(analyzer: Analyzer) -> None:
    assert rewrite("员工每年有几天年假？", ZH, "潮汐 P200 每年有几天年假？", analyzer) is None
    assert rewrite("它有多重？", (), "潮汐 P200 有多重？", analyzer) is None


@pytest.mark.parametrize(
    ("text", "history", "written"),
    [
        ("那 3 台以上的它打几折？", ZH, "潮汐 P200 打几折？"),  # the number is gone
        ("它不能用多久？", ZH, "潮汐 P200 能用多久？"),  # the negation is gone
        ("它有多重？", ZH, "潮汐 P200 的电池有多重？"),  # nobody spoke of a battery
        ("它有多重？", ZH, "潮汐 P200 重 5 公斤。"),  # an answer
        ("它有多重？", ZH, "潮汐 P200 的软管多久换一次？"),  # the question before
        ("它有多重？", ZH, "潮汐 P200 的软管多久换一次？它有多重？"),  # two questions
        ("它有多重？", ZH, "How heavy is the P200?"),  # another language
        ("它有多重？", ZH, "它的软管有多重？"),  # still leaning
        ("它也能换吗？", ZH, "潮汐 P200 多久换一次？"),  # no longer yes or no
        ("它有多重？", ZH, ""),
        ("Is there a fee for that?", EN, "Is there no fee for unopened goods?"),
        ("And for the X9?", EN, "Can I return goods?"),  # the name is gone
    ],
)
def test_what_the_words_do_not_bear_out_is_not_used(
    text: str, history: tuple[Turn, ...], written: str, analyzer: Analyzer
) -> None:
    assert objection_to(written, Question(text, history), analyzer) is not None
    assert rewrite(text, history, written, analyzer) is None


def test_a_code_or_a_year_alone_takes_the_place_of_the_one_before() -> None:
    assert with_code_replaced("那 E04 呢？", "P200 报 E06 怎么办？") == "P200 报 E04 怎么办？"
    assert with_code_replaced("2026年呢？", "2025年的餐补是多少？") == "2026年的餐补是多少？"
    assert with_code_replaced("What about K7?", "What does K2 mean?") == "What does K7 mean?"
    assert with_code_replaced("那 D80 呢？", "P200 的软管多久更换？") == "D80 的软管多久更换？"
    assert with_code_replaced("那 P200 呢？", "清泉 D80 的返修率是多少？") == "P200 的返修率是多少？"
    assert with_code_replaced("那 P300 呢？", "潮汐 P200 的返修率是多少？") == "潮汐 P300 的返修率是多少？"
    assert with_code_replaced("那 D80 呢？", "现在 P200 多少钱？") == "现在 D80 多少钱？"
    assert (
        with_code_replaced("What about the D80?", "How heavy is the Tidal P200?") == "How heavy is the D80?"
    )
    assert with_code_replaced("那 A3 呢？", "P200 报 E06 怎么办？") is None
    assert with_code_replaced("那阀片组呢？", "P200 报 E06 怎么办？") is None
    assert with_code_replaced("那 E04 呢？", "E06 和 E08 有什么区别？") is None


def test_the_extractive_reader_rewrites_by_rule_alone(analyzer: Analyzer) -> None:
    rewriter = Rewriter(ExtractiveReader(analyzer=analyzer), analyzer)
    history = (Turn("user", "P200 报 E06 怎么办？"), Turn("assistant", "断开触点。"))
    assert rewriter.standalone(Question("那 E04 呢？", history)) == "P200 报 E04 怎么办？"
    assert rewriter.standalone(Question("它有多重？", history)) is None


def test_a_generator_that_fails_leaves_the_question_as_it_is(analyzer: Analyzer) -> None:
    class Failing(GenericFakeChatModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            raise ConnectionError("connection refused")

        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
            raise ConnectionError("connection refused")

    assert (
        Rewriter(ChatGenerator(Failing(messages=iter([]))), analyzer).standalone(Question("它有多重？", ZH))
        is None
    )


def test_the_prompt_begins_with_the_same_head_and_ends_with_the_follow_up() -> None:
    messages = rewriting_messages(Question("它有多重？", ZH))
    head = rewriting_head("zh")
    assert messages[: len(head)] == head
    assert messages[-1].content == (
        "上文的问题：潮汐 P200 的软管多久换一次？\n上文的回答：每运行 250 小时。\n新问题：它有多重？\n"
        "把新问题“它有多重？”补充完整："
    )
    assert rewriting_messages(Question("E04?", ZH))[0] == head[0]  # a bare code has no language of its own
