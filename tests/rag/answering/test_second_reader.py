"""A second reader's find beside the answer: which of the two goes on, and how far they agree."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field

from rag.answer import Answer, Drafting, Final, Reason, TakenBack
from rag.answering.chain import AnswerChain
from rag.answering.confidence import Calibration
from rag.answering.prompt import wording_for
from rag.answering.second_reader import (
    REPLACE_BELOW,
    AdapterReader,
    agreement,
    says,
)
from rag.models.generator import Abilities
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer
from tests.rag.answering.conftest import FixedRetriever

TEXT = "The pump weighs 320 kg. It was built at the Millford works in 1990 and moved to Leeds in 2004."
QUESTION = "When was the pump moved?"
LIKELIHOODS = [-0.5, -0.1, 0.0]
WRONG, RIGHT = "The pump was moved in 1990 [1].", "The pump was moved to Leeds in 2004 [1]."


class Two(GenericFakeChatModel):
    """Writes what it is given, finds ``find`` and declines, as a finder, with ``chance``."""

    find: str
    chance: float
    finding: list[dict[str, Any]] = Field(default_factory=list)
    readers: list[bool] = Field(default_factory=list)  # who was asked whether to answer: the finder?
    can_find: bool = True
    model_name: str = "two"

    @property
    def abilities(self) -> Abilities:
        return Abilities(local=self)

    @property
    def trained_instructions(self) -> frozenset[str]:
        return frozenset(wording_for(language).instructions for language in ("zh", "en"))

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        self.readers.append(finder)
        return [self.chance]

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if not kwargs.get("finder"):
            return super()._generate(messages, *args, **kwargs)
        self.finding.append(kwargs)
        told = {"likelihoods": LIKELIHOODS}
        found = type(self)(messages=iter([AIMessage(self.find, response_metadata=told)]), find="", chance=0)
        return GenericFakeChatModel._generate(found, messages)

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        assert not kwargs.get("finder") and kwargs["avoid"]
        return super()._stream(messages, *args, **kwargs)


CALIBRATION = Calibration(
    generator="g",
    embedder="e",
    constant=0.0,
    weights={"declining": -10.0, "agreement": 5.0},
    threshold=0.1,
    risk=0.1,
)
Ask = Callable[..., Answer]


@pytest.fixture
def ask(analyzer: Analyzer, make_passage: Callable[..., Document]) -> Ask:
    def asked(
        written: str,
        found: str,
        chance: float,
        question: str = QUESTION,
        text: str = TEXT,
        *,
        second_reading: bool = True,
        **settings: Any,
    ) -> Answer:
        generator = Two(messages=iter([AIMessage(written)]), find=found, chance=chance)
        chain = AnswerChain(
            FixedRetriever(passages=[make_passage(text)]),
            generator,
            analyzer,
            AnsweringSettings(**settings),
            calibration=CALIBRATION,
            second_reader=AdapterReader(generator, generator) if second_reading else None,
        )
        answer = chain.invoke(question)
        assert generator.readers == [second_reading]
        assert all(each["avoid"] for each in generator.finding)
        return answer

    return asked


def test_an_answer_that_says_what_was_found_goes_on(ask: Ask) -> None:
    answer = ask(RIGHT, "2004 [1].", 0.01)
    assert (answer.text, answer.trace.found, answer.trace.first_draft) == (RIGHT, "2004 [1].", "")
    signals = answer.trace.signals
    assert (signals["agreement"], signals["declining"]) == (1.0, 0.01)
    assert signals["found mean likelihood"] == pytest.approx(-0.2)
    assert signals["found least likelihood"] == -0.5


def test_what_was_found_for_sure_takes_the_place_of_an_answer_that_says_something_else(ask: Ask) -> None:
    wrong, found = "The pump was moved to Millford [1].", "Leeds [1]."
    answer = ask(wrong, found, REPLACE_BELOW / 2, "Where was the pump moved to?")
    assert (answer.text, answer.trace.draft, answer.trace.first_draft) == (found, found, wrong)
    assert [each.number for each in answer.citations] == [1] and "Leeds" in answer.citations[0].quote
    assert answer.trace.signals["agreement"] == 0.0


def test_that_something_else_takes_a_drafts_place_is_told(
    analyzer: Analyzer, make_passage: Callable[..., Document]
) -> None:
    wrong = "The pump was moved to Millford [1]."
    generator = Two(messages=iter([AIMessage(wrong)]), find="Leeds [1].", chance=0.0)
    chain = AnswerChain(
        FixedRetriever(passages=[make_passage(TEXT)]),
        generator,
        analyzer,
        calibration=CALIBRATION,
        second_reader=AdapterReader(generator, generator),
    )
    *_, drafting, taken_back, final = chain.events("Where was the pump moved to?")
    assert drafting == Drafting(wrong, complete=True) and taken_back == TakenBack(wrong, "replaced")
    assert isinstance(final, Final) and final.answer.text == "Leeds [1]."


@pytest.mark.parametrize(("least", "read"), [(None, []), (0.0, [True])])
def test_without_a_calibration_readers_are_asked_only_where_nothing_is_withheld(
    analyzer: Analyzer, make_passage: Callable[..., Document], least: float | None, read: list[bool]
) -> None:
    class Unavoiding(Two):
        def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
            assert ("avoid" in kwargs) == bool(read)  # else it decides as it writes
            return GenericFakeChatModel._stream(self, *args, **kwargs)

    generator = Unavoiding(messages=iter([AIMessage(RIGHT)]), find="2004 [1].", chance=0.5)
    chain = AnswerChain(
        FixedRetriever(passages=[make_passage(TEXT)]),
        generator,
        analyzer,
        AnsweringSettings(minimum_confidence=least),
        second_reader=AdapterReader(generator, generator),
    )
    assert chain.invoke(QUESTION).text == RIGHT
    assert generator.readers == read


def test_a_figure_in_a_sentence_gives_way_to_no_other_figure_but_to_more_of_it(ask: Ask) -> None:
    assert ask(WRONG, "2004 [1].", 0.0).text == WRONG
    written = "The pump was built in 1990 [1]."
    assert ask(written, "Leeds in 2004 [1].", 0.0, "Where is it?", minimum_confidence=0).text == written


def test_an_answer_stays_where_the_second_reader_isnt_sure_or_finds_what_no_passage_has(ask: Ask) -> None:
    assert ask(RIGHT, "1990 [1].", 0.4, minimum_confidence=0).text == RIGHT
    assert ask(RIGHT, "2011 [1].", 0.0).text == RIGHT
    assert ask(RIGHT, "The documents do not contain this.", 0.0).text == RIGHT
    assert ask(RIGHT, " ", 0.0).text == RIGHT


@pytest.mark.parametrize(
    "written", ["The documents do not contain this.", "The pump was moved [1].", "It was moved in 2011 [1]."]
)
def test_what_was_found_takes_the_place_of_what_is_no_answer(ask: Ask, written: str) -> None:
    assert ask(written, "2004 [1].", 0.6, minimum_confidence=0).text == "2004 [1]."


def test_one_of_several_things_and_a_yes_are_no_whole_answers(ask: Ask) -> None:
    both = "When was the pump built, and where was the pump moved?"
    built = "It was built in 1990 [1]. It was moved to Leeds [1]."
    assert ask(built, "Millford [1].", 0.0, both).text == built
    asked = "Was the pump moved to Leeds in 2004?"
    assert ask(RIGHT, "1990 [1].", 0.0, asked).text == RIGHT


def test_where_the_second_reader_is_sure_that_nothing_answers_nothing_is_written(ask: Ask) -> None:
    answer = ask(RIGHT, "2004 [1].", 0.999)
    assert (answer.reason, answer.trace.draft, answer.trace.found) == (Reason("found no answer"), "", None)


def test_what_is_in_another_language_takes_no_answers_place(ask: Ask) -> None:
    written = "水泵于 2004 年移至利兹市[1]。"
    asked = ask(written, "Leeds in 2004 [1].", 0.05, "水泵移到哪里？", check="none", minimum_confidence=0)
    assert asked.text == written and asked.trace.signals["agreement"] == 0.5


def test_chinese_words_take_no_english_answers_place(ask: Ask) -> None:
    found = ask("It was moved to Leeds city [1].", "利兹市[1]。", 0.05, check="none", minimum_confidence=0)
    assert found.text == "It was moved to Leeds city [1]." and found.trace.signals["agreement"] == 0.5


def test_a_find_in_the_place_of_nothing_agrees_with_nothing(ask: Ask) -> None:
    answer = ask(" ", "2004 [1].", 0.5, minimum_confidence=0)
    assert answer.text == "2004 [1]." and answer.trace.signals["agreement"] == 0.0


def test_without_a_second_reading_the_first_reader_decides_alone(ask: Ask) -> None:
    answer = ask(WRONG, "Leeds [1].", 0.1, second_reading=False, minimum_confidence=0)
    assert (answer.text, answer.trace.found) == (WRONG, None)
    assert "agreement" not in answer.trace.signals and answer.trace.signals["declining"] == 0.1


def test_disagreement_makes_an_answer_less_probable(ask: Ask) -> None:
    sure, unsure = ask(RIGHT, "2004 [1].", 0.3), ask(RIGHT, "1990 [1].", 0.3)
    assert (unsure.confidence or 0) < (sure.confidence or 0)


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        ("It cost 1,500 yuan [2].", "500.", False),
        ("It cost 1.5 yuan [2].", "1 [2].", False),
        ("It cost 15 yuan [2].", "15 Yuan [1].", True),
        ("It was “The Hay Wain” [1].", '"The Hay Wain" [1].', True),
        ("软管每 250 小时更换一次[1]。", "250 小时[1]。", True),
        ("软管每 250 小时更换一次[1]。", "25[1]。", False),
        ("anything", "[1].", False),
        ("She was born on May 5, 1912 [1].", "1912 [1].", True),
        ("Held in 2010, 2012 and 2014 [1].", "2012 [1, 2].", True),
        ("可以带宠物[1]。", "可以【1】。", True),
        ("年假为十五天[1]。", "五天[1]。", False),
        ("共二十五人[1]。", "二十[1]。", False),
        ("共 15万元[1]。", "15[1]。", False),
        ("It was Renée who won [1].", "René [1].", False),
        ("作者写了红楼梦[1]。", "《红楼梦》[1]。", True),
    ],
)
def test_an_answer_says_what_it_has_as_whole_words(text: str, found: str, said: bool) -> None:
    assert says(text, found) is said


def test_agreement_counts_words_where_the_whole_isnt_said(analyzer: Analyzer) -> None:
    assert agreement(RIGHT, "Leeds in 2004 [1].", analyzer) == 1.0
    assert agreement(RIGHT, "in Leeds [1].", analyzer) == 0.5
    assert agreement(RIGHT, "Millford works [1].", analyzer) == 0.0
