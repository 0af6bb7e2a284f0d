"""The first visit: what is here, and questions that can be asked with a click."""

from collections.abc import Sequence
from itertools import chain, zip_longest

import streamlit as st

from rag.errors import RagError
from rag.filter import EVERYTHING
from rag.text.language import language_of
from ui import view
from ui.frame_wording import FRAME_WORDINGS
from ui.opened import Edition, Opened
from ui.rendering import render
from ui.session import request
from ui.wording import Language, Wording, counted

_EXAMPLES = 6
_LONGEST = 60  # characters of a question that fits a button


def show_welcome(base: Opened, wording: Wording) -> None:
    """Say what is here; examples are questions that the documents answer themselves."""
    words = FRAME_WORDINGS[wording.language]
    try:
        documents = base.holdings().documents
        examples = _examples(base.edition, wording.language, base)
    except RagError:
        documents, examples = 0, ()  # the first question says what is wrong
    holds = counted(documents, words.holds) if documents else ""
    st.html(
        render("frame", "welcome", wording=wording, holds=holds, examples=words.examples if examples else "")
    )
    with st.container(key="examples", gap="small"):
        for number, example in enumerate(examples):
            label = view.as_markdown(example)  # a document's words, which a label would be read as
            st.button(label, key=f"example-{number}", on_click=request, args=(example,))


def chosen_examples(entries: Sequence[tuple[str, str]], language: Language) -> tuple[str, ...]:
    """A few of the questions, given with their documents' names: the page's language first, one of each."""
    of_language: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
    for source, question in entries:
        if len(question) <= _LONGEST:
            own = (language_of(question) == "zh") == (language == "zh")
            of_language[own].setdefault(source, []).append(question)
    ordered: list[str] = []
    for group in of_language.values():
        turns = chain.from_iterable(zip_longest(*group.values()))
        ordered.extend(question for question in turns if question is not None)
    return tuple(dict.fromkeys(ordered))[:_EXAMPLES]


@st.cache_data(show_spinner=False, max_entries=8)
def _examples(edition: Edition, language: Language, _base: Opened) -> tuple[str, ...]:
    from rag.curated.duplicates import list_entries

    with _base.knowledge_base.view(EVERYTHING).contents() as contents:
        entries = [(each.source, each.questions[0]) for each in list_entries(contents)]
    return chosen_examples(entries, language)
