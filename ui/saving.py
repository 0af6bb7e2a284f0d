"""Saving a question for evaluation: the button under an answer, and the dialog that it opens."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.settings import Settings
from ui import view
from ui.saving_wording import SAVING_WORDINGS, SavingWording
from ui.session import Conversation, Exchange
from ui.sidebar import shown_path
from ui.suggestion import documents_found, kind_of, suggested
from ui.wording import Wording

if TYPE_CHECKING:
    from eval.benchmark_file import Saved

# Keys of the session: the number of the exchange whose dialog is open, and what the dialog says.
_OPEN, _ERROR, _THERE, _EMPTY = "saving", "saving-error", "saving-there", "saving-empty"
# What the dialog's fields hold.
_ANSWERABLE, _ANSWERS, _SOURCES, _LEANING = "save-answerable", "save-answers", "save-sources", "save-leaning"


def show_saving(
    number: int, exchange: Exchange, talk: Conversation, settings: Settings, wording: Wording
) -> None:
    """Draw the button, what was saved, and the dialog if it is open."""
    words = SAVING_WORDINGS[wording.language]
    st.button(
        words.change if exchange.saved is not None else words.save,
        icon=":material/playlist_add:",
        key=f"benchmark-{number}",
        type="tertiary",
        on_click=_open,
        args=(number,),
        disabled=talk.running is not None,  # a dialog needs the page's attention, which the answer has
    )
    if st.session_state.get(_OPEN) == number:
        draw = st.dialog(words.save, on_dismiss=_close)(_draw_dialog)
        draw(number, exchange, settings.ui.benchmark_file, wording)


def show_saved(exchange: Exchange, settings: Settings, wording: Wording) -> None:
    """Say where the question went, and how it is asked there."""
    saved = exchange.saved
    if saved is None:
        return
    words = SAVING_WORDINGS[wording.language]
    said = {"added": words.added, "replaced": words.replaced}.get(saved.outcome, words.unchanged)
    file, base = (shlex.quote(str(each)) for each in (saved.file, settings.knowledge_base.path.resolve()))
    command = f"python -m eval answers --sets {file} --kb {base}"
    text = said.format(file=shown_path(saved.file), line=saved.line)
    st.html(view.saved_html(text, words.ask_with, command))


def _draw_dialog(number: int, exchange: Exchange, file: Path, wording: Wording) -> None:
    if st.session_state.get(_OPEN) != number:  # it was saved just now
        st.rerun()
    words = SAVING_WORDINGS[wording.language]
    answer = exchange.answer
    assert answer is not None
    start = exchange.saved.question if exchange.saved is not None else suggested(exchange)
    st.html(view.question_html(exchange.question))
    answerable = st.checkbox(words.answerable, start.answerable, key=_ANSWERABLE)
    st.text_area(
        words.answers,
        "\n".join(start.answers),
        key=_ANSWERS,
        help=words.answers_hint,
        disabled=not answerable,
        height=96,
    )
    st.multiselect(
        words.sources,
        list(dict.fromkeys((*start.sources, *documents_found(answer)))),
        list(start.sources),
        key=_SOURCES,
        help=words.sources_hint,
        accept_new_options=True,
        disabled=not answerable,
        placeholder=words.sources_choose,
    )
    if exchange.history:
        st.checkbox(words.follow_up, bool(start.history), key=_LEANING, help=words.follow_up_hint)
    if answer.filter is not None:
        st.caption(view.as_markdown(words.filtered))
    st.caption(view.as_markdown(words.file.format(file=shown_path(file.resolve()))))
    error, there = st.session_state.get(_ERROR), st.session_state.get(_THERE)
    if error is not None:
        st.error(f"**{words.not_saved}** {view.as_markdown(str(error))}", icon=":material/error:")
    if st.session_state.get(_EMPTY):
        st.error(view.as_markdown(words.no_answer), icon=":material/error:")
    if there is not None:
        st.warning(view.as_markdown(_already(there, words, wording)), icon=":material/info:")
    st.button(
        words.write if there is None else words.overwrite,
        type="primary",
        key="save-write",
        on_click=_write,
        args=(exchange, file, there is not None or exchange.saved is not None),
    )


def _write(exchange: Exchange, file: Path, overwrite: bool) -> None:
    """Save what the dialog holds; it closes if that succeeded, else it says why not."""
    from eval.benchmark_file import BenchmarkQuestion, save_question

    # Read here, not when the button was drawn: a text may have been changed by the very click on the button.
    state = st.session_state
    leaning = bool(exchange.history) and bool(state[_LEANING])
    # Nobody could tell whether an answer to such a question is right, so it would be counted nowhere.
    state[_EMPTY] = bool(state[_ANSWERABLE]) and not state[_ANSWERS].strip()
    if state[_EMPTY]:
        return
    question = BenchmarkQuestion(
        exchange.question,
        state[_ANSWERABLE],
        tuple(state[_ANSWERS].split("\n")),
        tuple(state[_SOURCES]),
        kind_of(state[_ANSWERABLE], leaning),
        exchange.history if leaning else (),
    )
    state.pop(_ERROR, None)
    try:
        saved = save_question(file, question, overwrite=overwrite)
    except RagError as error:
        state[_ERROR] = error
        return
    if saved.outcome == "there already":
        state[_THERE] = saved
        return
    exchange.saved = saved
    _close()


def _open(number: int) -> None:
    _close()
    st.session_state[_OPEN] = number


def _close() -> None:
    for key in (_OPEN, _ERROR, _THERE, _EMPTY):
        st.session_state.pop(key, None)


def _already(there: "Saved", words: SavingWording, wording: Wording) -> str:
    held = there.question
    parts = [wording.separator.join(each) for each in (held.answers, held.sources) if each]
    text = " · ".join(parts) if held.answerable else words.held_nothing
    return words.there.format(line=there.line, held=text or "—")
