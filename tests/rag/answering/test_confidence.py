from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.answer import Stage
from rag.answering.citing import resolve_answer
from rag.answering.confidence import (
    SHIPPED,
    Calibration,
    Signals,
    calibration_for,
    likelihood_signals,
    load_calibration,
    signals_of,
)
from rag.answering.evidence import Evidence
from rag.errors import ConfigError
from rag.passage import with_score
from rag.questions.inquiry import understand
from rag.settings import Settings
from rag.text.analysis import Analyzer
from rag.text.sentences import Span

QUESTION = "潮汐 P200 的软管多久更换一次？"
GOOD = "潮汐 P200 的软管每运行 250 小时更换一次。"
BESIDE = "访客车辆停在北区地面车位。"
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
    for each in map(load_calibration, SHIPPED.glob("*.json")):
        assert {"sets", "answers", "right", "date"} <= set(each.fitted_on)
        assert each.weights


@pytest.fixture
def measure(analyzer: Analyzer, make_passage: Callable[..., Document]) -> Callable[..., Signals]:
    def signals(
        generated: str,
        texts: tuple[str, ...] = (GOOD, BESIDE),
        scores: tuple[float, ...] = (3.0, 1.0),
        stage: str = "candidates",
    ) -> Signals:
        inquiry = understand(QUESTION)
        passages = [make_passage(text, source=f"{n}.md") for n, text in enumerate(texts, start=1)]
        evidence = [Evidence(passage, (Span(0, len(passage.page_content)),)) for passage in passages]
        resolved = resolve_answer(generated, passages, inquiry, analyzer=analyzer)
        found = Stage(stage, tuple(with_score(passages[0], score) for score in scores))
        later = Stage("retrieved", (with_score(passages[0], 9.0),))
        return signals_of(inquiry, evidence, (found, later), resolved, analyzer=analyzer)

    return signals


def test_an_answer_from_the_passage_that_is_asked_about_covers_the_question(
    measure: Callable[..., Signals],
) -> None:
    good, bad = measure("每 250 小时更换一次[1]。"), measure("停在北区地面车位[2]。")
    for name in ("quote coverage", "cited rank"):
        assert good[name] > bad[name]


def test_an_answer_that_cites_nothing_covers_nothing(measure: Callable[..., Signals]) -> None:
    signals = measure("无人知晓。")
    assert signals["cited rank"] == signals["quote coverage"] == 0.0


def test_the_lead_is_of_the_best_candidate(measure: Callable[..., Signals]) -> None:
    signals = measure("每 250 小时更换一次[1]。", scores=(5.0, 4.0, 3.0, 2.0, 1.0, 0.0))
    assert signals["lead"] == 1.0
    for too_few in ((), (5.0,)):
        assert measure("每 250 小时更换一次[1]。", scores=too_few)["lead"] == 0.0


def test_the_lead_is_among_all_candidates_or_what_was_retrieved(measure: Callable[..., Signals]) -> None:
    signals = measure("每 250 小时更换一次[1]。", scores=(5.0, 1.0), stage="dense")
    assert signals["lead"] == 0.0  # of the one that was retrieved


def test_likelihoods_count_where_they_are_known() -> None:
    signals = likelihood_signals((-0.5, -1.5, -30.0))
    assert signals["least likelihood"] == -8.0
    assert signals["mean likelihood"] == pytest.approx((-0.5 - 1.5 - 8.0) / 3)
    assert likelihood_signals(()) == {}


def test_across_languages_missing_words_say_nothing_against_an_answer(
    measure: Callable[..., Signals],
) -> None:
    english = "The tubing of the Tidal P200 is replaced every 250 hours of running."
    crossing = measure("每 250 小时更换一次[1]。", texts=(english, BESIDE))
    assert crossing["crossing"] == 1.0 and crossing["quote coverage"] > 0.0
    assert measure("停在北区地面车位[2]。")["quote coverage"] < crossing["quote coverage"]
