import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import (
    Estimate,
    bootstrap_mean,
    bootstrap_statistic,
    paired_bootstrap,
    randomization_test,
)


def test_nothing_measured_is_unmeasured() -> None:
    assert bootstrap_mean([]) == bootstrap_mean([None, None]) == Estimate(None, None, None, 0)
    assert bootstrap_statistic([], len) == Estimate(None, None, None, 0)
    assert bootstrap_statistic([1], lambda _: None) == Estimate(None, None, None, 0)


def test_unmeasured_values_are_left_out_of_mean_and_count() -> None:
    assert bootstrap_mean([1.0, None, 1.0]) == Estimate(1.0, 1.0, 1.0, 2)


def test_a_value_that_is_no_number_is_refused() -> None:
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="give None for what is unmeasured"):
            bootstrap_mean([1.0, wrong])
        with pytest.raises(ValueError, match="give None for what is unmeasured"):
            paired_bootstrap([1.0], [wrong])
        with pytest.raises(ValueError, match="give None for what is unmeasured"):
            randomization_test([wrong], [1.0])


def test_the_interval_is_near_the_normal_one_for_many_values() -> None:
    values = [1.0] * 300 + [0.0] * 700
    found = bootstrap_mean(values, seed=3)
    spread = 1.96 * (0.3 * 0.7 / 1000) ** 0.5
    assert found.value == 0.3
    assert found.low == pytest.approx(0.3 - spread, abs=0.002)
    assert found.high == pytest.approx(0.3 + spread, abs=0.002)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(300):
        found = bootstrap_mean(list(generator.normal(5, 1, 60)), seed=seed, resamples=1000)
        assert found.low is not None and found.high is not None
        covered += found.low <= 5 <= found.high
    assert 0.91 < covered / 300 < 0.98


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_interval_lies_within_the_values_whatever_their_order(
    values: list[float], r: random.Random
) -> None:
    found = bootstrap_mean(values, seed=1, resamples=200)
    assert bootstrap_mean(r.sample(values, len(values)), seed=1, resamples=200) == found
    assert found.low is not None and found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_many_values_are_drawn_in_blocks() -> None:
    # More than a block holds at once: the same as few resamples, only longer.
    found = bootstrap_mean(np.linspace(0, 1, 5001).tolist(), resamples=2000)
    assert found.n == 5001
    assert found.low == pytest.approx(0.492, abs=0.002)


def test_any_statistic_has_an_interval() -> None:
    values = [float(n) for n in range(101)]
    found = bootstrap_statistic(values, lambda each: float(np.median(each)), seed=2)
    assert (found.value, found.n) == (50, 101)
    assert found.low is not None and found.high is not None
    assert 35 < found.low < 50 < found.high < 65


def test_a_statistic_that_is_mostly_undefined_has_no_interval() -> None:
    def rare(each: Sequence[int]) -> float | None:
        return 1.0 if len(set(each)) == 6 else None

    assert bootstrap_statistic([1, 2, 3, 4, 5, 6], rare) == Estimate(1.0, None, None, 6)
