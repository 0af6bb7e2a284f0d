from pathlib import Path
from typing import get_args

import pytest

from rag.answer import Answer, ReasonCode
from rag.presenting.reasons import PHRASES, phrase, reason_in

ANSWERING = Path(__file__).parents[3] / "rag" / "answering"


def declined(code: ReasonCode | None, reason: str | None) -> Answer:
    return Answer("q", "No.", (), abstained=True, reason=reason, reason_code=code)


@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_every_reason_is_said_in_both_languages_and_given_by_the_chain(code: ReasonCode) -> None:
    answer = declined(code, phrase(code, "en", "P400, P500"))
    assert reason_in(answer, "en") == answer.reason
    chinese = reason_in(answer, "zh")
    assert chinese == phrase(code, "zh", "P400, P500") != answer.reason
    assert "{" not in chinese
    if code == "unknown codes":
        assert "P400, P500" in chinese and "P400, P500" in str(answer.reason)
    files = ("chain.py", "decision.py", "declining.py")
    sources = [(ANSWERING / name).read_text(encoding="utf-8") for name in files]
    assert any(f'"{code}"' in each for each in sources)


def test_there_is_no_phrase_without_a_code() -> None:
    assert set(PHRASES) == set(get_args(ReasonCode))


def test_reason_without_a_code_is_said_as_it_is() -> None:
    assert reason_in(declined(None, "the generator doesn't know"), "zh") == "the generator doesn't know"
    assert reason_in(declined(None, None), "zh") == ""
