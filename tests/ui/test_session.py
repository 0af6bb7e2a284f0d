"""The conversation behind the page, with a real service and a tiny random Transformer."""

import threading
import time
from pathlib import Path

import pytest

from rag.answer import Answer, Found, Sentence, Turn
from rag.errors import ConfigError
from rag.filter import EVERYTHING
from rag.service import Service
from tests.ui.conftest import Workplace
from ui.frame import said_of
from ui.session import Conversation, Exchange, read_settings


@pytest.fixture
def writer(writing_workplace: Workplace) -> Service:
    """A service whose answers take long to write."""
    return Service(writing_workplace.settings, roots=EVERYTHING)


def wait_for_words(exchange: Exchange) -> str:
    """The text of an answer as soon as it has some."""
    writing = exchange.writing
    assert writing is not None
    deadline = time.monotonic() + 30
    while writing.latest is None or not writing.latest.text:
        assert time.monotonic() < deadline
        assert not writing.wait(0.01), writing.error
    return writing.latest.text


def generators_at_work() -> int:
    return sum(thread.name == "generator" for thread in threading.enumerate())


def test_passages_are_there_before_the_first_word(writer: Service) -> None:
    first = next(writer.events("滤芯的型号是什么？"))
    assert isinstance(first, Found) and first.answer.passages


def test_stop_returns_at_once_keeps_the_text_and_ends_the_generator(writer: Service) -> None:
    talk = Conversation()
    exchange = talk.ask(writer, "滤芯的型号是什么？")
    writing = exchange.writing
    assert writing is not None
    text = wait_for_words(exchange)
    assert generators_at_work() == 1
    started = time.monotonic()
    talk.stop()
    assert time.monotonic() - started < 0.1
    assert exchange.stopped and exchange.writing is None
    assert exchange.answer is not None
    assert exchange.answer.text.startswith(text)
    assert exchange.answer.passages
    assert writing.wait(5)
    assert generators_at_work() == 0


def test_new_question_stops_the_answer_that_is_being_written(writer: Service) -> None:
    talk = Conversation()
    first = talk.ask(writer, "滤芯的型号是什么？")
    text = wait_for_words(first)
    second = talk.ask(writer, "多久更换一次？")
    assert first.stopped
    assert talk.running is second
    history = talk.exchanges[0].answer
    assert history is not None and history.text.startswith(text)
    wait_for_words(second)
    talk.clear()
    assert talk.exchanges == []


def test_history_is_what_was_asked_and_answered(writer: Service) -> None:
    talk = Conversation()
    exchange = talk.ask(writer, "滤芯的型号是什么？")
    wait_for_words(exchange)
    talk.stop()
    assert exchange.answer is not None
    assert talk.history() == (Turn("user", "滤芯的型号是什么？"), Turn("assistant", exchange.answer.text))


def test_settings_come_from_the_arguments(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text('[knowledge_base]\npath = "here"\n', encoding="utf-8")
    settings = read_settings(["--config", str(file)])
    assert settings.knowledge_base.path == tmp_path / "here"
    settings = read_settings(["--config", str(file), "--kb", "/there", "--generator", "extractive"])
    assert settings.knowledge_base.path == Path("/there")
    assert settings.generator.model == "extractive"


def test_unknown_argument_is_refused_with_the_usage() -> None:
    with pytest.raises(ConfigError, match=r"streamlit run ui/app\.py -- --config FILE --kb DIR"):
        read_settings(["--knowledge", "x"])


def test_history_has_a_follow_up_as_it_was_understood() -> None:
    answer = Answer("那 E06 呢？", "皮带松了。", (), standalone="E06 是什么意思？")
    talk = Conversation([Exchange("那 E06 呢？", answer=answer)])
    assert talk.history() == (Turn("user", "E06 是什么意思？"), Turn("assistant", "皮带松了。"))


def test_history_and_what_is_said_aloud_have_no_marks_and_keep_brackets_of_the_texts_own() -> None:
    text = "Set switch [1] to ON [1]."
    checked = Answer("q", text, (), (Sentence(text, 0, len(text), (1,), None),))
    talk = Conversation([Exchange("q", answer=checked)])
    assert talk.history()[1].content == "Set switch [1] to ON."
    assert said_of(talk.exchanges[0], "en") == "Answer: Set switch [1] to ON."
    talk.exchanges[0].answer = Answer("q", "It lasts [2] nine ho", ())  # it was stopped
    assert talk.history()[1].content == "It lasts nine ho"
