"""Errors on the page: what stopped and what the reader can do, the rest folded away for the administrator."""

import streamlit as st

from rag.errors import RagError
from ui import view
from ui.frame_wording import FrameWording, Trouble


def show_trouble(error: RagError, words: FrameWording) -> None:
    """Show an error as two sentences; its own message, with paths and commands, unfolds."""
    _show(words.trouble(error))
    with st.expander(words.details, type="compact"):
        st.markdown(view.as_markdown(str(error)))


def show_crash(words: FrameWording) -> None:
    """Show that the program failed; there is nothing more to say than the server's log does."""
    _show(words.crashed)


def show_page_trouble(error: RagError, words: FrameWording, *, key: str) -> None:
    """Show an error that isn't of one question, with a button that tries again, which has that key."""
    show_trouble(error, words)
    st.button(words.retry, icon=":material/refresh:", key=key)


def _show(trouble: Trouble) -> None:
    lead, rest = trouble
    st.error(f"**{lead}** {rest}", icon=":material/error:")
