"""Answers written in the background: watched, stopped, failed, abandoned."""

import logging
import threading
import time
from collections.abc import Iterator

import pytest

from rag.answer import Answer, Drafting, Event, Final, Found, TakenBack
from rag.errors import GenerationError
from ui import writing as module
from ui.session import Conversation, Exchange
from ui.writing import Writing


class Source:
    """Endless events of a growing draft that can be held, and that know when they were closed."""

    def __init__(self) -> None:
        self.go = threading.Semaphore(0)
        self.closed = threading.Event()
        self.items = 0

    def events(self) -> Iterator[Event]:
        try:
            yield Found(Answer("q", "", ()))
            while True:
                assert self.go.acquire(timeout=20)
                self.items += 1
                yield Drafting("x" * self.items)
        finally:
            self.closed.set()


def wait_for_text(writing: Writing, length: int) -> None:
    deadline = time.monotonic() + 10
    while writing.latest is None or len(writing.latest.text) < length:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_watched_to_its_end() -> None:
    final = Final(Answer("q", "b.", ()))
    events: list[Event] = [
        Found(Answer("q", "", ())), Drafting("a"), TakenBack("a", "replaced"), final,
    ]  # fmt: skip
    writing = Writing(lambda: iter(events))
    assert writing.wait(10)
    assert writing.latest is final.answer
    assert writing.finished and not writing.stopped and writing.error is None and not writing.crashed


def test_stop_closes_the_events_and_keeps_what_there_is() -> None:
    source = Source()
    writing = Writing(source.events)
    source.go.release(2)
    wait_for_text(writing, 2)
    writing.stop()
    assert not writing.finished  # they are still waiting for the next one
    source.go.release()
    assert source.closed.wait(10)
    assert writing.wait(10)
    assert writing.stopped
    assert writing.latest == Answer("q", "xx", ())
    assert source.items == 3  # nothing was asked for after the item that was being waited for


def test_an_answer_that_is_there_is_finished_and_cannot_be_stopped() -> None:
    going_on, closed = threading.Event(), threading.Event()
    answer = Answer("q", "b.", ())

    def events() -> Iterator[Event]:
        try:
            yield Final(answer)
            closed.wait(10)
        finally:
            going_on.wait(10)  # what was used is tidied up
            closed.set()

    writing = Writing(events)
    wait_for_text(writing, 2)
    talk = Conversation([Exchange("q", writing=writing)])
    talk.stop()
    (exchange,) = talk.exchanges
    assert exchange.answer is answer and not exchange.stopped
    assert not closed.is_set()
    going_on.set()
    assert closed.wait(10)


def test_writing_that_nobody_watches_stops_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ABANDONED_SECONDS", -1.0)  # any time at all is too long
    source = Source()
    writing = Writing(source.events)
    source.go.release()
    assert source.closed.wait(10)
    assert writing.wait(10)
    assert writing.stopped


def test_error_is_kept_for_the_page() -> None:
    def failing() -> Iterator[Event]:
        yield Found(Answer("q", "", ()))
        yield Drafting("half")
        raise GenerationError("the generator failed; do this")

    writing = Writing(failing)
    assert writing.wait(10)
    assert isinstance(writing.error, GenerationError)
    assert writing.latest == Answer("q", "half", ())
    assert not writing.crashed


def test_unexpected_error_is_logged_and_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Iterator[Event]:
        yield Drafting(str(1 // 0))

    with caplog.at_level(logging.ERROR, "ui.writing"):
        writing = Writing(broken)
        assert writing.wait(10)
    assert writing.crashed and writing.error is None
    assert "ZeroDivisionError" in caplog.text
