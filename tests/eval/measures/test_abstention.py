import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures.abstention import (
    AbstentionScores,
    Outcome,
    abstention_by_question,
    calibration,
    risk_coverage,
    score_abstention,
)


def outcomes(*rows: tuple[bool, bool]) -> list[Outcome]:
    """(answerable, abstained)"""
    return [Outcome(str(n), answerable, abstained) for n, (answerable, abstained) in enumerate(rows)]


def answered(*rows: tuple[float | None, bool]) -> list[Outcome]:
    """(confidence, right), all answerable and answered"""
    return [Outcome(str(n), True, False, right, confidence) for n, (confidence, right) in enumerate(rows)]


def test_values_computed_by_hand() -> None:
    rows = outcomes((False, True), (False, True), (False, False), (True, True), (True, False), (True, False))
    scores = score_abstention(rows)
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.recall == pytest.approx(2 / 3)
    assert scores.f1 == pytest.approx(2 / 3)
    assert scores.false_answers == pytest.approx(1 / 3)
    assert scores.false_refusals == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        ([], AbstentionScores(None, None, None, None, None)),
        ([(True, False)], AbstentionScores(None, None, None, None, 0)),
        ([(True, True)], AbstentionScores(0, None, None, None, 1)),
        ([(False, False)], AbstentionScores(None, 0, 0, 1, None)),
        ([(False, True)], AbstentionScores(1, 1, 1, 0, None)),
    ],
)
def test_a_rate_of_nothing_is_unmeasured(rows: list[tuple[bool, bool]], scores: AbstentionScores) -> None:
    assert score_abstention(outcomes(*rows)) == scores


def test_refusing_by_chance_gives_chance() -> None:
    generator = random.Random(0)
    rows = outcomes(*((generator.random() < 0.7, generator.random() < 0.4) for _ in range(20_000)))
    scores = score_abstention(rows)
    assert scores.precision == pytest.approx(0.3, abs=0.02)
    assert scores.recall == pytest.approx(0.4, abs=0.02)
    assert scores.false_refusals == pytest.approx(0.4, abs=0.02)


rows_ = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12)


@given(rows_)
def test_the_rates_are_the_means_of_the_questions_values(rows: list[tuple[bool, bool]]) -> None:
    scores = score_abstention(outcomes(*rows))
    by_question = abstention_by_question(outcomes(*rows))
    for measure, expected in (
        ("abstention_precision", scores.precision),
        ("abstention_recall", scores.recall),
        ("false_answers", scores.false_answers),
        ("false_refusals", scores.false_refusals),
    ):
        values = [value for value in by_question[measure].values() if value is not None]
        assert (sum(values) / len(values) if values else None) == expected


@given(rows_, st.randoms(use_true_random=False))
def test_the_order_of_questions_changes_nothing(rows: list[tuple[bool, bool]], r: random.Random) -> None:
    shuffled = r.sample(rows, len(rows))
    assert score_abstention(outcomes(*shuffled)) == score_abstention(outcomes(*rows))


def test_the_curve_takes_the_surest_answers_first() -> None:
    curve = risk_coverage(answered((0.2, False), (0.9, True), (0.5, False), (0.7, True)))
    assert list(curve.points) == [(0.25, 0), (0.5, 0), (0.75, 1 / 3), (1, 0.5)]
    assert curve.area == pytest.approx((1 / 3 + 1 / 2) / 4)
    reversed_ = risk_coverage(answered((0.8, False), (0.1, True), (0.5, False), (0.3, True)))
    assert reversed_.area == pytest.approx((1 + 1 + 2 / 3 + 1 / 2) / 4)


def test_equal_confidences_give_their_mean_in_any_order() -> None:
    rows: list[tuple[float | None, bool]] = [(0.5, True), (0.5, False), (0.5, False), (0.5, True)]
    for order in (rows, rows[::-1], [rows[1], rows[2], rows[0], rows[3]]):
        curve = risk_coverage(answered(*order))
        assert [risk for _, risk in curve.points] == pytest.approx([0.5] * 4)
        assert curve.area == pytest.approx(0.5)
    tied = risk_coverage(answered((0.9, True), (0.5, True), (0.5, False)))
    assert [risk for _, risk in tied.points] == pytest.approx([0, 0.25, 1 / 3])


def test_a_confidence_that_knows_nothing_gives_the_share_of_wrong_answers() -> None:
    generator = random.Random(4)
    rows = [(generator.random(), generator.random() < 0.6) for _ in range(5000)]
    assert risk_coverage(answered(*rows)).area == pytest.approx(0.4, abs=0.03)
    constant = answered(*((0.6, right) for _, right in rows))
    share = sum(right for _, right in rows) / len(rows)
    assert risk_coverage(constant).area == pytest.approx(1 - share)
    assert calibration(constant).ece == pytest.approx(abs(0.6 - share))
    oracle = answered(*((float(right), right) for _, right in rows))
    assert calibration(oracle).ece == 0
    # Not 0: at full coverage the wrong answers are in. The integral of (c - 0.6) / c from 0.6 to 1.
    assert risk_coverage(oracle).area == pytest.approx(0.4 + 0.6 * math.log(0.6), abs=0.015)


def test_refusals_shorten_the_curve_and_an_answer_to_the_unanswerable_is_wrong() -> None:
    rows = [
        Outcome("a", True, False, True, 0.9),
        Outcome("b", True, True, False, 0.1),
        Outcome("c", False, False, True, 0.4),  # "right" can't be where there is no answer
        Outcome("d", True, False, True, None),
    ]
    curve = risk_coverage(rows)
    assert list(curve.points) == [(0.25, 0), (0.5, 0.5)]


def test_no_confidence_is_unmeasured() -> None:
    nothing = answered((None, True), (None, False))
    assert risk_coverage(nothing).area is None
    assert risk_coverage(nothing).points == ()
    assert calibration(nothing).ece is None
    assert calibration([]).ece is None
    assert all(each.count == 0 and each.accuracy is None for each in calibration(nothing).bins)


def test_calibration_by_hand() -> None:
    found = calibration(answered((0.95, True), (0.85, True), (0.85, False), (0.15, False), (None, True)))
    # bins: .95 right; .85 twice, half right; .15 wrong
    assert found.ece == pytest.approx((0.05 + 2 * 0.35 + 0.15) / 4)
    assert [each.count for each in found.bins] == [0, 1, 0, 0, 0, 0, 0, 0, 2, 1]
    assert calibration(answered((1.0, True), (0.0, False))).ece == 0
    assert calibration(answered((1.0, False))).ece == 1


def test_bins_end_at_their_upper_edge() -> None:
    for n in range(1, 11):
        (place,) = [i for i, each in enumerate(calibration(answered((n / 10, True))).bins) if each.count]
        assert place == n - 1
    with pytest.raises(ValueError, match="isn't between 0 and 1"):
        calibration(answered((1.2, True)))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=12))
def test_the_curve_ends_at_the_share_of_wrong_answers(rows: list[tuple[float, bool]]) -> None:
    curve = risk_coverage(answered(*rows))
    assert curve.points[-1] == pytest.approx((1, sum(not right for _, right in rows) / len(rows)))
    assert curve.area is not None
    assert 0 <= curve.area <= 1
    ece = calibration(answered(*rows)).ece
    assert ece is not None
    assert 0 <= ece <= 1
