"""The chat page. ``streamlit run ui/app.py -- --config FILE --kb DIR``.

This module only places things: what they say is in the modules called ``…wording``, how an answer looks in
``card``, where it stands in ``exchanges``, what lasts in ``session``, what is answered from in ``opened``.
"""

import sys
from pathlib import Path

import streamlit as st

from rag.errors import RagError
from rag.filter import Filter
from rag.settings import Settings
from ui import filtering, sidebar, view
from ui.exchanges import Exchanges
from ui.filter_text import filter_text
from ui.frame import show_frame
from ui.frame_wording import FRAME_WORDINGS, FrameWording
from ui.opened import Opened, open_base
from ui.rendering import render
from ui.session import Conversation, conversation, read_settings, requested
from ui.trouble import show_page_trouble
from ui.welcome import show_welcome
from ui.wording import LANGUAGES, WORDINGS, Language, Wording, language_for

_HERE = Path(__file__).parent
_AT_ONCE_SECONDS = 0.3  # an answer that is there by then is shown without a word about its making


def main() -> None:
    """Draw the page."""
    # A picture of our own: Streamlit would fetch an icon by name from the internet.
    st.set_page_config(page_title="问据 Wenju", page_icon=str(_HERE / "icon.svg"), layout="centered")
    st.html(_HERE / "page.css")
    st.html(_HERE / "card.css")
    talk = conversation()
    with st.sidebar:
        language = choose_language()
        wording, words = WORDINGS[language], FRAME_WORDINGS[language]
        st.button(
            wording.new_conversation,
            icon=":material/add_comment:",
            key="new",
            on_click=talk.clear,
            width="stretch",
        )
    st.html(view.title_html(wording))
    settings = get_settings(words)
    if settings is None:
        show_frame(talk, language, 0)
        return
    base = get_base(settings, language)
    with st.sidebar:
        chosen = filtering.choose_filter(settings, language) if base is not None else None
        sidebar.show_knowledge_base(settings, language, base.edition if base is not None else None)
        sidebar.show_operator(settings, wording, words)
    if base is not None:
        take_question(base, chosen, talk, settings, wording)
        if not talk.exchanges:
            show_welcome(base, wording)
    Exchanges(talk, settings, wording, base).show()
    show_frame(talk, language, settings.answering.max_question_characters)


def choose_language() -> Language:
    """The interface language: the address's (``?lang=en``), which keeps a choice, else the browser's."""
    given = st.query_params.get("lang", "")
    named = next((each for each, name in LANGUAGES.items() if given in (each, name)), None)
    first = named or language_for(st.context.locale)

    def keep() -> None:
        st.query_params["lang"] = st.session_state["lang"]

    chosen: Language | None = st.segmented_control(
        "界面语言 Interface language",
        list(LANGUAGES),
        default=first,
        format_func=LANGUAGES.__getitem__,
        key="lang",
        label_visibility="collapsed",
        required=True,
        on_change=keep,
    )
    return chosen or first


def get_settings(words: FrameWording) -> Settings | None:
    """The settings; where they can't be read, with the reason shown, those that were last read, if any.

    So a file that is being saved doesn't take the conversation from the page.
    """
    try:
        st.session_state["settings"] = read_settings(sys.argv[1:])
    except RagError as error:
        show_page_trouble(error, words, key="retry-settings")
    kept: Settings | None = st.session_state.get("settings")
    return kept


def get_base(settings: Settings, language: Language) -> Opened | None:
    """What is answered from, its models being loaded in the background, or None with the reason shown."""
    words = FRAME_WORDINGS[language]
    note = st.empty()
    if "ready" not in st.session_state:  # libraries and the knowledge base; seconds after the server's start
        note.html(render("frame", "status", text=words.loading))
    try:
        base = open_base(settings)
        base.holdings()  # the catalogue may be damaged
    except RagError as error:
        with note.container():
            show_page_trouble(error, words, key="retry")
        return None
    note.empty()
    st.session_state["ready"] = True
    base.warm(language)
    return base


def take_question(
    base: Opened, chosen: Filter | None, talk: Conversation, settings: Settings, wording: Wording
) -> None:
    """Draw the box, and ask what is in it or what a button asked."""
    words = FRAME_WORDINGS[wording.language]
    # In a container of its own, or Streamlit keeps the page at its end: what somebody opens would run away.
    with st.bottom:
        if chosen is not None:
            st.html(view.filter_html(filter_text(chosen, wording.language), words.filter_next))
        st.html(render("frame", "over"))
        text = st.chat_input(wording.placeholder, key="question")
    asked = requested()
    if text and text.strip():
        talk.ask(base.service, text.strip(), chosen, edition=base.edition)
    elif asked is not None:
        talk.ask(base.service, asked.text, asked.filter, history=asked.history, edition=base.edition)
    if talk.running is not None and talk.running.writing is not None:
        talk.running.writing.wait(_AT_ONCE_SECONDS)
        talk.settle()


main()
