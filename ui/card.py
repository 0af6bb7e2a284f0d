"""The answer card: an answer with its evidence, what was taken away, how sure it is, and what can be done."""

from collections.abc import Callable

import streamlit as st

from rag.answer import Answer
from rag.settings import Settings
from ui import saving, view
from ui.card_wording import CARD_WORDINGS
from ui.copying import copied_text, show_copy, stopped_text
from ui.explanation import explanation_html
from ui.explanation_wording import EXPLANATION_WORDINGS
from ui.session import Conversation, Exchange
from ui.verdict import (
    caution_html,
    confidence_html,
    covering_html,
    suggested_html,
    taken_back_html,
    understood_html,
    withheld_html,
)
from ui.wording import Wording


def show_answer(number: int, answer: Answer, wording: Wording, *, ask: Callable[[], None] | None) -> None:
    """Draw a finished answer with its evidence, or a decline.

    Args:
        number: of the exchange in the conversation.
        answer: the answer.
        wording: of the page.
        ask: asks the question again, of all documents; None where nothing can be asked.
    """
    st.html(
        understood_html(answer, wording)
        + covering_html(answer, wording)
        + caution_html(answer, wording)
        + view.answer_html(answer, wording, key=str(number))
        + taken_back_html(answer, wording)
        + withheld_html(answer, wording)
    )
    if answer.abstained and answer.filter is not None and ask is not None:
        label = CARD_WORDINGS[wording.language].search_all
        st.button(label, icon=":material/search:", key=f"all-{number}", on_click=ask)
    if suggestion := suggested_html(answer, wording):
        st.html(suggestion)


def show_actions(
    number: int, exchange: Exchange, talk: Conversation, settings: Settings, wording: Wording, *, took: str
) -> None:
    """Draw how sure an answer is, what can be done with it, and, when that is opened, how it came about.

    ``took``: says how long it took, as HTML.
    """
    answer = exchange.answer
    assert answer is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if said := confidence_html(answer, wording) + took:
            st.html(said, width="content")
        show_copy(f"copy-{number}", copied_text(answer, wording), wording)
        saving.show_saving(number, exchange, talk, settings, wording)
    saving.show_saved(exchange, settings, wording)
    explanation = st.expander(
        EXPLANATION_WORDINGS[wording.language].label,
        key=f"explain-{number}",
        type="compact",
        on_change="rerun",
    )
    if explanation.open:
        explanation.html(explanation_html(answer, wording))


def show_stopped(number: int, answer: Answer | None, wording: Wording) -> None:
    """Draw what there was of an answer when it was stopped."""
    text = answer.text if answer is not None else ""
    st.html(view.stopped_html(text, wording))
    if text:
        show_copy(f"copy-{number}", stopped_text(text, wording), wording)
