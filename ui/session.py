"""What lasts while the page is open: the options and the conversation."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from rag.answer import Answer, Question, Turn
from rag.errors import ConfigError, KnowledgeBaseError, RagError
from rag.filter import Filter
from rag.service import Service
from rag.settings import Settings, load_settings
from ui.opened import Edition, forget_base
from ui.sentences import own_words
from ui.writing import Writing

if TYPE_CHECKING:
    from eval.benchmark_file import Saved


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; usage: `streamlit run ui/app.py -- --config FILE --kb DIR`")


def read_settings(arguments: Sequence[str]) -> Settings:
    """The settings for the page's arguments (those after ``--``).

    Raises:
        ConfigError: an argument or the settings file is wrong.
    """
    parser = _Parser(add_help=False)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--kb", type=Path)
    parser.add_argument("--generator")
    options = parser.parse_args(arguments)
    return load_settings(options.config, kb=options.kb, generator=options.generator)


@dataclass
class Exchange:
    """A question and what became of it."""

    question: str
    history: tuple[Turn, ...] = ()  # what was said before it
    writing: Writing | None = None  # while it is being written
    answer: Answer | None = None
    stopped: bool = False
    error: RagError | None = None
    crashed: bool = False
    filter: Filter | None = None  # it was asked with
    edition: Edition | None = None  # of the knowledge base that it was asked of
    asked: float = field(default_factory=time.monotonic)
    seconds: float = 0.0  # from then until the answer was there, for the reader
    saved: "Saved | None" = None  # as a benchmark question


@dataclass
class Conversation:
    """The exchanges of one visitor, oldest first. At most the last one is being written."""

    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def running(self) -> Exchange | None:
        """The exchange whose answer is being written, if any."""
        if self.exchanges and self.exchanges[-1].writing is not None:
            return self.exchanges[-1]
        return None

    def ask(
        self,
        service: Service,
        text: str,
        filter: Filter | None = None,
        *,
        history: tuple[Turn, ...] | None = None,
        edition: Edition | None = None,
    ) -> Exchange:
        """Start writing an answer; one that is still being written is stopped first.

        Args:
            service: what is asked.
            text: the question.
            filter: what it is asked with.
            history: what is taken as said before it, by default the conversation.
            edition: the state of the knowledge base behind the service.
        """
        self.stop()
        question = Question(text, self.history() if history is None else history, filter)
        writing = Writing(lambda: service.events(question))
        exchange = Exchange(text, question.history, writing, filter=filter, edition=edition)
        self.exchanges.append(exchange)
        return exchange

    def history(self) -> tuple[Turn, ...]:
        """The conversation as the chain reads it: a question as it was understood, and an answer without the
        marks, which number other passages."""
        turns: list[Turn] = []
        for exchange in self.exchanges:
            if exchange.answer is not None and exchange.answer.text:
                turns.append(Turn("user", exchange.answer.standalone or exchange.question))
                turns.append(Turn("assistant", own_words(exchange.answer)))
        return tuple(turns)

    def stop(self) -> None:
        """Stop the answer that is being written, if any, and keep what there is of it."""
        exchange = self.running
        if exchange is None or exchange.writing is None:
            return
        exchange.writing.stop()
        if exchange.writing.finished:
            self.settle()
            return
        exchange.answer = exchange.writing.latest
        exchange.stopped = True
        exchange.writing = None

    def settle(self) -> None:
        """Take over what a finished writing has brought."""
        exchange = self.running
        if exchange is None or exchange.writing is None or not exchange.writing.finished:
            return
        exchange.answer = exchange.writing.latest
        exchange.stopped = exchange.writing.stopped
        exchange.error = exchange.writing.error
        exchange.crashed = exchange.writing.crashed
        exchange.writing = None
        exchange.seconds = time.monotonic() - exchange.asked
        if isinstance(exchange.error, KnowledgeBaseError):
            forget_base()

    def clear(self) -> None:
        """Stop and forget everything."""
        self.stop()
        self.exchanges.clear()


def conversation() -> Conversation:
    """This visitor's conversation."""
    found = st.session_state.setdefault("conversation", Conversation())
    assert isinstance(found, Conversation)
    return found


@dataclass(frozen=True, slots=True)
class Request:
    """A question that a button asks, taken up when the page is next drawn."""

    text: str
    filter: Filter | None
    history: tuple[Turn, ...] | None


def request(text: str, filter: Filter | None = None, history: tuple[Turn, ...] | None = None) -> None:
    """Have a question asked; ``history``: what is taken as said before it, by default the conversation."""
    st.session_state["request"] = Request(text, filter, history)


def requested() -> Request | None:
    """What a button asked since the page was last drawn."""
    found = st.session_state.pop("request", None)
    assert found is None or isinstance(found, Request)
    return found
