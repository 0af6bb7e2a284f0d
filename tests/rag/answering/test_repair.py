"""A draft with an unsupported sentence is written once more, over what that sentence cites."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field

from rag.answer import Answer
from rag.answering import AnswerChain
from rag.text.analysis import Analyzer
from tests.rag.answering.test_chain import FixedRetriever

SHUTTLE = "送软管的班车多久一次，看南门的牌子。"
HOSE = "潮汐 P200 的软管每运行 250 小时更换一次。"
WRONG = "软管每运行 300 小时更换一次[2]。"


class Recording(GenericFakeChatModel):
    """Says what it is given to say and remembers what it read."""

    prompts: list[str] = Field(default_factory=list)

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.prompts.append(str(messages[-1].content))
        return super()._stream(messages, *args, **kwargs)


Ask = Callable[..., tuple[Answer, list[str]]]


@pytest.fixture
def ask(analyzer: Analyzer, make_passage: Callable[..., Document]) -> Ask:
    def asked(
        *written: str, texts: tuple[str, ...] = (SHUTTLE, HOSE), **options: Any
    ) -> tuple[Answer, list[str]]:
        generator = Recording(messages=iter([AIMessage(each) for each in written]))
        passages = [make_passage(text, source=f"{n}.md") for n, text in enumerate(texts, start=1)]
        chain = AnswerChain(
            FixedRetriever(passages=passages), generator, analyzer, **{"check": "repair", **options}
        )
        return chain.invoke("软管多久换一次？"), generator.prompts

    return asked


def test_the_passage_that_was_meant_is_read_alone_and_keeps_its_number(ask: Ask) -> None:
    answer, read = ask(WRONG, "软管每运行 250 小时更换一次[1]。")
    assert answer.text == "软管每运行 250 小时更换一次[2]。"
    assert [each.passage.metadata["source"] for each in answer.citations] == ["2.md"]
    assert len(read) == 2 and SHUTTLE in read[0]
    assert SHUTTLE not in read[1] and f"[1] {HOSE}" in read[1]
    assert (answer.trace.first_draft, answer.trace.removed) == (WRONG, ("软管每运行 300 小时更换一次。",))
    assert answer.trace.draft == answer.text


@pytest.mark.parametrize("again", [WRONG.replace("[2]", "[1]"), "资料中没有相关信息。", " "])
def test_what_is_no_better_changes_nothing(ask: Ask, again: str) -> None:
    answer, read = ask(WRONG, again)
    assert len(read) == 2
    assert answer.abstained and answer.reason_code == "unsupported"
    assert (answer.trace.draft, answer.trace.first_draft) == (WRONG, "")


def test_what_is_left_of_a_draft_is_given_where_the_repair_fails(ask: Ask) -> None:
    answer, _ = ask(f"软管每运行 250 小时更换一次[2]。{WRONG}", WRONG.replace("[2]", "[1]"))
    assert answer.text == "软管每运行 250 小时更换一次[2]。"


def test_nothing_is_written_twice_where_the_same_would_be_read(ask: Ask) -> None:
    answer, read = ask(WRONG.replace("[2]", "[1]"), texts=(HOSE,))
    assert len(read) == 1 and answer.abstained


@pytest.mark.parametrize("written", ["资料中没有相关信息。", "软管每运行 250 小时更换一次[2]。"])
def test_neither_a_decline_nor_a_supported_answer_is_written_again(ask: Ask, written: str) -> None:
    _, read = ask(written)
    assert len(read) == 1


def test_to_measure_it_a_draft_can_be_checked_without_repair_or_left_as_it_is(ask: Ask) -> None:
    answer, read = ask(WRONG, check="remove")
    assert answer.abstained and len(read) == 1
    answer, read = ask(WRONG, check="none")
    assert answer.text == WRONG and len(read) == 1
    assert answer.sentences[0].support is not None and answer.sentences[0].support < 0.25
