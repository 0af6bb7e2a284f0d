"""The page's frame in the browser: what Streamlit can't be told from Python (``frame.js``)."""

from pathlib import Path

from streamlit.components.v2 import component

from ui.card_wording import CARD_WORDINGS
from ui.frame_wording import FRAME_WORDINGS
from ui.sentences import own_words
from ui.session import Conversation, Exchange
from ui.verdict import declined_label
from ui.wording import WORDINGS, Language

_SCRIPT = Path(__file__).with_name("frame.js").read_text(encoding="utf-8")
_SAID = 400  # characters of an answer that are said aloud


def show_frame(talk: Conversation, language: Language, limit: int) -> None:
    """Give the page its language, its words, and what is to be said aloud.

    Args:
        talk: the conversation; the browser goes to a new question of it.
        language: of the page.
        limit: the most characters that a question may have.
    """
    words = FRAME_WORDINGS[language]
    data = {
        "lang": WORDINGS[language].html_lang,
        "texts": dict(words.streamlit),
        "beginnings": dict(words.beginnings),
        "asked": len(talk.exchanges),
        "said": _said(talk, language),
        "limit": limit,
        "too_long": words.too_long.replace("{limit}", f"{limit:,}"),
        "box": words.box,
    }
    component("wenju_frame", js=_SCRIPT)(key="frame", data=data)


def said_of(exchange: Exchange, language: Language) -> str:
    """What is said aloud of an exchange that is settled; of one that is being written, nothing."""
    words, wording = FRAME_WORDINGS[language], WORDINGS[language]
    if exchange.writing is not None:
        return ""
    if exchange.error is not None:
        return " ".join(words.trouble(exchange.error))
    if exchange.crashed:
        return " ".join(words.crashed)
    if exchange.stopped or exchange.answer is None:
        return CARD_WORDINGS[language].stopped_early
    if exchange.answer.abstained:
        return declined_label(exchange.answer, wording)
    return f"{words.answered}{own_words(exchange.answer)}"[:_SAID]


def _said(talk: Conversation, language: Language) -> dict[str, str]:
    if not talk.exchanges:
        return {"key": "0", "text": ""}
    text = said_of(talk.exchanges[-1], language)
    return {"key": f"{len(talk.exchanges)}{'' if text else ' being written'}", "text": text}
