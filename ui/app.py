"""The chat page. ``streamlit run ui/app.py -- --config FILE --kb DIR``.

This module only places things: what they say is in ``wording``, how an answer looks in ``view``, what lasts
in ``session``.
"""

import sys
from pathlib import Path

import streamlit as st

from rag.answer import Answer
from rag.errors import RagError
from rag.presenting.filters import filter_text
from rag.service import Service
from rag.settings import Settings
from ui import filtering, saving, sidebar, view
from ui.explanation import explanation_html
from ui.explanation_wording import EXPLANATION_WORDINGS
from ui.session import Conversation, Exchange, conversation, open_service, read_settings
from ui.verdict import confidence_html, curated_html, understood_html, withheld_html
from ui.wording import LANGUAGES, WORDINGS, Language, Wording, language_for

_HERE = Path(__file__).parent
_REDRAW_SECONDS = 0.08
_AVATARS = {"user": ":material/person:", "assistant": ":material/find_in_page:"}


def main() -> None:
    """Draw the page."""
    # A picture of our own: Streamlit would fetch an icon by name from the internet.
    st.set_page_config(page_title="问据 Wenju", page_icon=str(_HERE / "icon.svg"), layout="centered")
    st.html(_HERE / "page.css")
    talk = conversation()
    with st.sidebar:
        language = choose_language()
        wording = WORDINGS[language]
        st.button(
            wording.new_conversation,
            icon=":material/add_comment:",
            key="new",
            on_click=talk.clear,
            width="stretch",
        )
    st.html(view.title_html(wording))
    try:
        settings = read_settings(sys.argv[1:])
    except RagError as error:
        show_error(error, wording)
        return
    service = get_service(settings, wording, language)
    with st.sidebar:
        chosen = filtering.choose_filter(settings, language)
        sidebar.show_knowledge_base(settings, language)
        sidebar.show_models(settings, wording)
        sidebar.show_own_folder(settings, wording)
    welcome = st.empty()
    exchanges = st.container()
    if service is not None:
        if chosen is not None:
            with st.bottom:
                st.html(view.filter_html(filter_text(chosen, language), wording.filter_set))
        text = st.chat_input(wording.placeholder, key="question", submit_mode="disable")
        if text and text.strip():
            talk.ask(service, text.strip(), chosen)
    if not talk.exchanges and service is not None:
        welcome.html(view.welcome_html(wording))
    with exchanges:
        for number, exchange in enumerate(talk.exchanges, start=1):
            show_exchange(number, exchange, talk, settings, wording)


def choose_language() -> Language:
    """The interface language: the visitor's choice, kept in the address, else the browser's."""
    chosen = st.segmented_control(
        "界面语言 Interface language",
        list(LANGUAGES.values()),
        default=LANGUAGES[language_for(st.context.locale)],
        key="lang",
        label_visibility="collapsed",
        required=True,
        bind="query-params",
    )
    return next(language for language, name in LANGUAGES.items() if name == chosen)


def get_service(settings: Settings, wording: Wording, language: Language) -> Service | None:
    """What answers, its models loaded, or None with the reason shown."""
    note = st.empty()
    if "ready" not in st.session_state:
        note.html(view.progress_html(wording.loading))
    try:
        service = open_service(settings)
        service.warm(language)
    except RagError as error:
        with note:
            show_error(error, wording)
        return None
    note.empty()
    st.session_state["ready"] = True
    return service


def show_exchange(
    number: int, exchange: Exchange, talk: Conversation, settings: Settings, wording: Wording
) -> None:
    """Draw a question and its answer; follows the answer to its end if it is being written."""
    with st.chat_message("user", avatar=_AVATARS["user"]):
        st.html(view.question_html(exchange.question))
    with st.chat_message("assistant", avatar=_AVATARS["assistant"]):
        if exchange.writing is not None:
            follow(exchange, talk, wording)
            return
        answer = exchange.answer
        if answer is not None:
            show_passages(exchange, wording, expanded=False)
        if exchange.error is not None:
            show_error(exchange.error, wording)
        elif exchange.crashed:
            st.error(wording.internal_error, icon=":material/error:")
        elif answer is None or exchange.stopped:
            st.html(view.stopped_html(answer.text if answer is not None else "", wording))
        else:
            st.html(
                understood_html(answer, wording)
                + view.answer_html(answer, wording, key=str(number))
                + withheld_html(answer, wording)
                + curated_html(answer, wording)
            )
            if answer.filter is not None:
                st.html(view.filter_html(filter_text(answer.filter, wording.language), wording.filter_used))
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"
            ):
                st.html(confidence_html(answer, wording) + view.timing_html(answer, wording), width="content")
                saving.show_saving(number, exchange, talk, settings, wording)
            saving.show_saved(exchange, settings, wording)
            show_explanation(number, answer, wording)


def follow(exchange: Exchange, talk: Conversation, wording: Wording) -> None:
    """Show an answer as it grows, passages first, then the text; ends in a rerun that shows it settled.

    A rerun that the visitor causes meanwhile (another interface language, say) doesn't disturb the writing:
    the next run follows it further. When the visitor leaves, nobody follows it, and it stops by itself.
    """
    writing = exchange.writing
    assert writing is not None
    passages = st.empty()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        note = st.container().empty()
        st.button(
            wording.stop, icon=":material/stop_circle:", key="stop", on_click=talk.stop, width="content"
        )
    text = st.empty()
    drawn = None
    note.html(view.progress_html(wording.searching))
    while not writing.wait(_REDRAW_SECONDS):
        answer = writing.latest
        _ = st.session_state.get("stop")  # lets Streamlit interrupt this run when nothing is drawn
        if answer is None or answer is drawn:
            continue
        if drawn is None:
            with passages.container():
                show_passages(exchange, wording, expanded=True)
        if answer.text:
            note.html(view.draft_note_html(wording))
            text.html(understood_html(answer, wording) + view.draft_html(answer))
        else:
            note.html(view.progress_html(wording.reading.format(count=len(answer.passages))))
        drawn = answer
    talk.settle()
    st.rerun()


def show_passages(exchange: Exchange, wording: Wording, *, expanded: bool) -> None:
    """List the passages found."""
    answer = exchange.writing.latest if exchange.writing is not None else exchange.answer
    if answer is None or not answer.passages:
        return
    with st.expander(
        wording.found.format(count=len(answer.passages)), expanded=expanded, icon=":material/article:"
    ):
        st.html(view.passages_html(answer.passages, wording))


def show_explanation(number: int, answer: Answer, wording: Wording) -> None:
    """How the answer came about; made when it is opened."""
    explanation = st.expander(
        EXPLANATION_WORDINGS[wording.language].label,
        key=f"explain-{number}",
        type="compact",
        on_change="rerun",
    )
    if explanation.open:
        explanation.html(explanation_html(answer, wording))


def show_error(error: RagError, wording: Wording) -> None:
    """Show an error as sentences: what kind it is, then its own message."""
    lead = wording.lead(error)
    message = view.as_markdown(str(error))
    st.error(f"**{lead}** {message}" if lead else message, icon=":material/error:")


main()
