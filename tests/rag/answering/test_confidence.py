from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.confidence import Calibration, calibration_for, load_calibration, shipped_calibrations
from rag.errors import ConfigError
from rag.settings import Settings

MADE = Calibration(
    generator="g", embedder="e", constant=-1.0, weights={"support": 2.0}, threshold=0.5, risk=0.25
)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_of_what_speaks_for_an_answer_is_never_less_probable(first: float, second: float) -> None:
    low, high = sorted((first, second))
    chances = [MADE.probability({"support": each}) for each in (low, high)]
    assert chances[0] is not None and chances[1] is not None
    assert 0 <= chances[0] <= chances[1] <= 1


def test_the_probability_is_the_logistic_function_of_the_weighed_signals() -> None:
    assert MADE.probability({"support": 0.5, "lead": 99.0}) == 0.5
    assert MADE.probability({"support": 1.0}) == pytest.approx(0.7311, abs=1e-4)


def test_without_a_signal_that_it_needs_there_is_no_probability() -> None:
    assert MADE.probability({"lead": 1.0}) is None


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(MADE.model_dump_json(), encoding="utf-8")
    assert load_calibration(file) == MADE


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"generator": 1}', "\x00"])
def test_a_file_that_holds_none_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="training confidence"):
        load_calibration(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json"):
        load_calibration(tmp_path / "none.json")


def test_the_default_models_have_a_calibration_and_unknown_ones_have_none() -> None:
    settings = Settings()
    found = calibration_for(settings.generator.model, settings.embedder.model)
    assert found is not None and 0 < found.threshold < 1 and found.fitted_on
    assert calibration_for("openai:any", settings.embedder.model) is None
    assert calibration_for(settings.generator.model, "another") is None


def test_shipped_calibrations_say_what_they_were_fitted_on() -> None:
    for each in shipped_calibrations():
        assert {"sets", "answers", "right", "date"} <= set(each.fitted_on)
        assert each.weights
