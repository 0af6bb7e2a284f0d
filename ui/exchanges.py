"""A question and its answer on the page: while it is written, and when it is settled.

Both are drawn in the same places: what was found, then what is said. So nothing that stands above the answer
moves when it is there, and a passage that somebody opened stays open.
"""

from functools import partial
from pathlib import PurePosixPath

import streamlit as st
from langchain_core.documents import Document

from rag.answer import Answer, Standing
from rag.errors import RagError
from rag.passage import metadata_of
from rag.settings import Settings
from ui import card, view
from ui.evidence import Stretch, shown_of
from ui.filter_text import filter_text
from ui.frame_wording import FRAME_WORDINGS, FrameWording
from ui.opened import Opened
from ui.rendering import one_line, render
from ui.session import Conversation, Exchange, request
from ui.trouble import show_crash, show_trouble
from ui.verdict import understood_html
from ui.wording import Wording

_REDRAW_SECONDS = 0.25
_ROWS, _CHARACTERS = 3, 100  # of what is read
_SHOWN_SECONDS = 5  # an answer that took less needs no word about it
_AVATARS = {"user": ":material/person:", "assistant": ":material/find_in_page:"}


class Exchanges:
    """Draws the exchanges of a conversation."""

    def __init__(self, talk: Conversation, settings: Settings, wording: Wording, base: Opened | None) -> None:
        """``base``: what is answered from now; None where that can't be had."""
        self.talk = talk
        self.settings = settings
        self.wording = wording
        self.words = FRAME_WORDINGS[wording.language]
        self.base = base

    def show(self) -> None:
        """Draw all, oldest first."""
        before = None
        for number, exchange in enumerate(self.talk.exchanges, start=1):
            with st.container(key=f"exchange-{number}"):
                if before is not None and before.edition != exchange.edition:
                    st.html(render("frame", "line", text=self.words.newer, kind="wj-newer"))
                self._show(number, exchange)
            before = exchange

    def _show(self, number: int, exchange: Exchange) -> None:
        with st.chat_message("user", avatar=_AVATARS["user"]):
            st.html(view.question_html(exchange.question))
            if exchange.filter is not None:
                shown = filter_text(exchange.filter, self.wording.language)
                st.html(view.filter_html(shown, self.wording.filter_used))
        with st.chat_message("assistant", avatar=_AVATARS["assistant"]):
            if exchange.writing is not None:
                st.fragment(self._follow, run_every=_REDRAW_SECONDS)(number, exchange)
                return
            with st.container():  # as a fragment has one, so that the browser keeps what is in it
                self._show_passages(number, exchange.answer)
                self._show_settled(number, exchange)

    def _follow(self, number: int, exchange: Exchange) -> None:
        """Show how far an answer is; once it is there, have the page drawn anew."""
        writing = exchange.writing
        if writing is None or writing.wait(0):
            self.talk.settle()
            st.rerun()
        answer, words = writing.latest, self.words
        self._show_passages(number, answer)
        with st.container(
            key="progress",
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
        ):
            st.html(render("frame", "status", text=_stage(exchange, self.base, words)))
            st.button(self.wording.stop, icon=":material/stop_circle:", key="stop", on_click=self.talk.stop)
        if answer is None:
            return
        st.html(
            understood_html(answer, self.wording)
            + render("frame", "reading", rows=reading_rows(answer, writing.standing), words=words)
        )
        if answer.text:
            with st.expander(words.draft, key=f"draft-{number}", type="compact"):
                stretches = view.split_marks(answer.text)
                st.html(render("frame", "draft", text=answer.text, stretches=stretches))

    def _show_passages(self, number: int, answer: Answer | None) -> None:
        """List the passages found, in a place of their own whether there are any or not."""
        with st.container(key=f"found-{number}"):
            if answer is None or not answer.passages:
                return
            label = self.wording.found.format(count=len(answer.passages))
            with st.expander(label, icon=":material/article:", key=f"passages-{number}"):
                st.html(view.passages_html(answer.passages, self.wording))

    def _show_settled(self, number: int, exchange: Exchange) -> None:
        answer = exchange.answer
        if exchange.error is not None:
            show_trouble(exchange.error, self.words)
            self._offer(number, exchange, self.words.retry)
        elif exchange.crashed:
            show_crash(self.words)
            self._offer(number, exchange, self.words.retry)
        elif answer is None or exchange.stopped:
            card.show_stopped(number, answer, self.wording)
            self._show_age(exchange)
            self._offer(number, exchange, self.words.again)
        else:
            self._show_answer(number, exchange, answer)

    def _show_answer(self, number: int, exchange: Exchange, answer: Answer) -> None:
        everywhere = partial(request, exchange.question, history=exchange.history)
        card.show_answer(number, answer, self.wording, ask=everywhere if self.base is not None else None)
        if self._show_age(exchange) and self.base is not None:
            self._offer(number, exchange, self.words.again)
        took = ""
        if exchange.seconds >= _SHOWN_SECONDS:
            said = self.words.took.format(seconds=round(exchange.seconds))
            took = render("frame", "line", text=said, kind="wj-timing")
        card.show_actions(number, exchange, self.talk, self.settings, self.wording, took=took)

    def _show_age(self, exchange: Exchange) -> bool:
        """Say so where a document that is shown has changed or gone since; returns whether one has."""
        base = self.base
        shown = shown_of(exchange.answer) if exchange.answer is not None else ()
        if not shown:
            return False
        try:
            if base is not None and (exchange.edition == base.edition or base.holds(shown)):
                return False
        except RagError:
            return False  # the page says what is wrong when it is next drawn
        text = self.words.stale if base is not None else self.words.gone
        st.html(render("frame", "line", text=text, kind="wj-stale"))
        return True

    def _offer(self, number: int, exchange: Exchange, label: str) -> None:
        """A button that asks the question again, as it was asked."""
        st.button(
            label,
            icon=":material/refresh:",
            key=f"again-{number}",
            on_click=request,
            args=(exchange.question, exchange.filter, exchange.history),
            disabled=self.base is None,
        )


def _stage(exchange: Exchange, base: Opened | None, words: FrameWording) -> str:
    """What is being done now, in the reader's words."""
    writing = exchange.writing
    if writing is None or writing.latest is None:
        ready = base is None or base.ready.is_set()
        return words.searching if ready else words.loading
    if writing.checking:
        return words.checking
    return words.writing if writing.latest.text else words.reading


def reading_rows(answer: Answer, standing: Standing | None = None) -> list[tuple[str, tuple[Stretch, ...]]]:
    """Titles with what is read, one of each document: first where the answer stands, then beginnings."""
    read = answer.trace.evidence or [each.page_content for each in answer.passages]
    rows: dict[str, tuple[str, tuple[Stretch, ...]]] = {}
    if standing is not None:
        found = standing.passage
        rows[metadata_of(found)["doc_id"]] = title_of(found), standing.stretches
    for passage, text in zip(answer.passages, read, strict=False):
        shown = one_line(text)
        cut = shown if len(shown) <= _CHARACTERS else f"{shown[: _CHARACTERS - 1]}…"
        rows.setdefault(metadata_of(passage)["doc_id"], (title_of(passage), ((cut, False),)))
    return list(rows.values())[:_ROWS]


def title_of(passage: Document) -> str:
    """The name of a passage's document: its outermost heading, else its file's name."""
    metadata = metadata_of(passage)
    return metadata["heading"][0] if metadata["heading"] else PurePosixPath(metadata["source"]).stem
