"""Why nothing was answered, in words: from the code, in both languages."""

from typing import get_args

import pytest

from rag.answer import Reason, ReasonCode
from rag.presenting.reasons import PHRASES, caution_text, reason_text


@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_every_reason_is_said_in_both_languages(code: ReasonCode) -> None:
    english, chinese = (reason_text(Reason(code, "P400, P500"), language) for language in ("en", "zh"))
    assert english.isascii() and not chinese.isascii()
    assert "{" not in english + chinese
    for text, phrase in zip((english, chinese), PHRASES[code], strict=True):
        assert ("P400, P500" in text) == ("{detail}" in phrase)


def test_other_languages_are_told_in_english() -> None:
    reason = Reason("nothing found")
    assert reason_text(reason, "ja") == reason_text(reason, "en")


def test_an_answer_that_wasnt_declined_has_no_reason() -> None:
    assert reason_text(None, "zh") == ""


def test_what_the_source_doesnt_name_is_told_in_both_languages() -> None:
    assert caution_text((), "zh") == caution_text((), "en") == ""
    for language in ("en", "zh"):
        assert "P300" in caution_text(("P300", "2023"), language) and "2023" in caution_text(
            ("2023",), language
        )
    assert caution_text(("P300",), "en").isascii() and not caution_text(("P300",), "zh").isascii()
