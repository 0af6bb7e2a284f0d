"""The interface's strings, the same ones in both languages."""

import string
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

import rag.errors
from rag.errors import GenerationError, RagError
from ui.card_wording import CARD_WORDINGS
from ui.explanation_wording import EXPLANATION_WORDINGS
from ui.frame_wording import FRAME_WORDINGS, FrameWording
from ui.saving_wording import SAVING_WORDINGS
from ui.wording import LANGUAGES, WORDINGS, counted, language_for


def places(text: str) -> set[str]:
    """What is filled in where a text is used."""
    assert text.strip()
    return {place for _, place, _, _ in string.Formatter().parse(text) if place}


def test_so_many_are_said_in_the_form_for_their_number() -> None:
    forms = WORDINGS["en"].passages
    said = [counted(number, forms) for number in (0, 1, 2, 1200)]
    assert said == ["0 passages", "1 passage", "2 passages", "1,200 passages"]
    assert counted(1, WORDINGS["zh"].passages) == "1 个段落"


def test_every_language_that_can_be_chosen_has_its_wording() -> None:
    assert set(LANGUAGES) == set(WORDINGS)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("ZH", "zh"), ("en-GB", "en"), ("nl", "en"), (None, "en"), ("", "en")],
)
def test_browser_locale_chooses_the_language(locale: str | None, language: str) -> None:
    assert language_for(locale) == language


@pytest.mark.parametrize("words", FRAME_WORDINGS.values(), ids=FRAME_WORDINGS)
def test_every_error_is_said_in_the_words_of_the_nearest_kind(words: FrameWording) -> None:
    class OutOfMemory(GenerationError):
        """A kind of error that the table doesn't have."""

    assert words.trouble(OutOfMemory("m")) == words.troubles[GenerationError]
    kinds = [each for each in vars(rag.errors).values() if isinstance(each, type)]
    assert RagError in kinds
    for kind in kinds:
        assert issubclass(kind, RagError)
        assert all(words.trouble(kind("message")))


@pytest.mark.parametrize(
    "wordings",
    [WORDINGS, SAVING_WORDINGS, EXPLANATION_WORDINGS, CARD_WORDINGS],
    ids=["page", "saving", "explanation", "card"],
)
def test_both_languages_say_it_with_the_same_places_to_fill(wordings: Mapping[str, Any]) -> None:
    chinese, english = wordings["zh"], wordings["en"]
    for each in fields(chinese):
        one, other = getattr(chinese, each.name), getattr(english, each.name)
        if isinstance(one, Mapping):
            assert one.keys() == other.keys()
            continue
        texts = [one, other] if isinstance(one, str) else [*one, *other]  # or forms for numbers
        assert all(places(text) == places(texts[0]) for text in texts), each.name
