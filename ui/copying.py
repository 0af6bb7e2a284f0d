"""An answer as text to be pasted, its marks apart from its figures, its sources in words; and the button."""

import re

import streamlit as st
from langchain_core.documents import Document

from rag.answer import Answer
from rag.presenting.explanation import nearest
from rag.presenting.reasons import caution_text
from ui.card_wording import CARD_WORDINGS, CardWording
from ui.evidence import file_of, label, quotes_of
from ui.rendering import one_line
from ui.sentences import marked_text
from ui.verdict import declined_label
from ui.wording import Wording

_MARKS = re.compile(r"\s*(?:\[\d+\])+")
_HTML = '<button type="button"></button><span role="status"></span>'
_CSS = """
:host { display: block; }
button {
  min-height: 1.75rem; padding: 0 .6rem; border: 1px solid transparent; border-radius: .5rem;
  background: transparent; color: var(--st-text-color); font: inherit; font-size: .8125rem; cursor: pointer;
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
[role=status] { margin-left: .25rem; font-size: .8125rem; }
"""
# Pages that aren't served over https have no navigator.clipboard: there a field is selected and copied.
_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const status = parentElement.querySelector("[role=status]");
  button.textContent = data.copy;
  const byHand = () => {
    const field = document.createElement("textarea");
    field.value = data.text;
    field.style.position = "fixed";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    return done;
  };
  button.onclick = async () => {
    let done;
    try {
      await navigator.clipboard.writeText(data.text);
      done = true;
    } catch {
      done = byHand();
    }
    status.textContent = done ? data.copied : data.failed;
    setTimeout(() => { status.textContent = ""; }, 4000);
  };
}
"""


def show_copy(key: str, text: str, wording: Wording) -> None:
    """Draw the button that puts a text on the clipboard."""
    words = CARD_WORDINGS[wording.language]
    data = {"copy": words.copy, "copied": words.copied, "failed": words.not_copied, "text": text}
    component = st.components.v2.component("wenju_copy", html=_HTML, css=_CSS, js=_JS)
    component(key=key, data=data, width="content")


def copied_text(answer: Answer, wording: Wording) -> str:
    """An answer with what it quotes and where that stands, or why there is none and what came nearest."""
    words = CARD_WORDINGS[wording.language]
    if answer.abstained:
        found = [_place(each.passage, words, wording.language) for each in nearest(answer)]
        lines = [words.nearest, *(f"- {each}" for each in found)] if found else []
        return "\n".join([declined_label(answer, wording), *lines])
    sources = [
        words.source.format(
            number=quoted.number,
            place=_place(quoted.passage, words, wording.language, quoted.date),
            quote=one_line(" … ".join(quoted.texts)),
        )
        for quoted in quotes_of(answer)
    ]
    caution = caution_text(answer.unnamed, wording.language)
    lines = [marked_text(answer), *(["", words.sources, *sources] if sources else [])]
    return "\n".join([caution, "", *lines] if caution else lines)


def stopped_text(text: str, wording: Wording) -> str:
    """What there was of an answer when it was stopped, and that nobody has checked it."""
    apart = _MARKS.sub(lambda match: f" {match.group().strip()}", text)
    return f"{apart}\n\n{CARD_WORDINGS[wording.language].stopped}"


def _place(passage: Document, words: CardWording, language: str, date: str = "") -> str:
    facts = [file_of(passage, language), words.dated.format(date=date) if date else ""]
    said = (", " if language == "en" else "，").join(each for each in facts if each)
    title = label(passage, language)
    return words.facts.format(title=title, facts=said) if said else title
