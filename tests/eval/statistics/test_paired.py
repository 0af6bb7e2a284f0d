import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import Estimate, compare, holm, paired_bootstrap, randomization_test

Runs = dict[str, dict[str, float | None]]


def test_exact_values_for_few_differences() -> None:
    assert randomization_test([0, 0, 0], [1, 1, 1]) == 2 / 8  # only both extremes are as far out
    assert randomization_test([0] * 6, [1] * 6) == 2 / 64
    assert randomization_test([0, 0, 1], [1, 1, 0]) == 1.0  # sums of ±1±1±1 are all at least 1
    assert randomization_test([0, 1, 0.5], [0, 1, 0.5]) == 1.0
    assert randomization_test([0, 0, 5, 5], [1, 2, 5, 5]) == 2 / 4  # questions without difference don't count
    # ±0.1±0.1±0.1±0.6 is never nearer to 0 than 0.3, but for rounding.
    assert randomization_test([0, 0, 0, 0.6], [0.1, 0.1, 0.1, 0]) == 1.0
    assert randomization_test([], []) is None


def test_many_differences_are_sampled_and_p_is_never_zero() -> None:
    assert randomization_test([0.0] * 50, [1.0] * 50) == 1 / 10_001
    assert randomization_test([0.0] * 50, [1.0] * 50, permutations=99) == 1 / 100


def test_sampling_agrees_with_exact_counting() -> None:
    # 20 differences of ±1, 15 to 5: twice the binomial tail of at least 15 in 20.
    first, second = [0.0] * 15 + [1.0] * 5, [1.0] * 15 + [0.0] * 5
    assert randomization_test(first, second) == pytest.approx(0.0414, abs=0.008)


def test_without_a_difference_p_is_spread_evenly() -> None:
    generator = np.random.default_rng(5)
    found = [
        randomization_test(*generator.normal(0, 1, (2, 30)).tolist(), seed=n, permutations=499)
        for n in range(400)
    ]
    assert 0.02 < sum(p is not None and p <= 0.05 for p in found) / 400 < 0.09


def test_lists_that_are_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="3 values can't be paired with 2"):
        randomization_test([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="can't be paired"):
        paired_bootstrap([1], [])


def test_the_difference_has_an_interval() -> None:
    found = paired_bootstrap([0.0] * 100, [1.0] * 60 + [0.0] * 40)
    assert found.value == 0.6
    assert found.low == pytest.approx(0.5, abs=0.02)
    assert found.high == pytest.approx(0.7, abs=0.02)
    assert paired_bootstrap([], []) == Estimate(None, None, None, 0)


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005, "none": None})
    assert adjusted == {
        "a": pytest.approx(0.03),
        "b": pytest.approx(0.06),  # 0.04 by itself, but never less than a smaller p's
        "c": pytest.approx(0.06),
        "d": pytest.approx(0.02),
        "none": None,
    }
    assert holm({"x": 0.7, "y": 0.8}) == {"x": 1.0, "y": 1.0}
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(p_values: dict[str, float]) -> None:
    adjusted = {key: value for key, value in holm(p_values).items() if value is not None}
    for key, value in p_values.items():
        assert value <= adjusted[key] <= min(1.0, value * len(p_values))
        for other, more in p_values.items():
            assert value > more or adjusted[key] <= adjusted[other]


def test_runs_are_compared_on_the_questions_both_measure() -> None:
    first: Runs = {"EM": {"a": 0.0, "b": 1.0, "c": None, "d": 1.0}, "only": {"a": 1.0}}
    second: Runs = {"EM": {"b": 0.0, "a": 1.0, "c": 1.0, "e": 1.0}}
    (found,) = compare(first, second)
    assert (found.measure, found.n, found.unpaired) == ("EM", 2, 3)
    assert (found.first, found.second, found.difference) == (0.5, 0.5, 0)
    assert (found.gained, found.lost) == (("a",), ("b",))
    assert found.verdict == "no difference shown"


def test_the_verdict_is_the_corrected_tests() -> None:
    zeros = {str(n): 0.0 for n in range(6)}
    ones = dict.fromkeys(zeros, 1.0)
    (alone,) = compare({"EM": zeros}, {"EM": ones})
    assert (alone.p, alone.verdict) == (2 / 64, "higher")
    both = compare({"EM": zeros, "F1": zeros}, {"EM": ones, "F1": ones})
    assert [(each.p_holm, each.verdict) for each in both] == [(4 / 64, "no difference shown")] * 2
    (lower,) = compare({"EM": ones}, {"EM": zeros})
    assert lower.verdict == "lower"
    (nothing,) = compare({"EM": {"a": None}}, {"EM": {"a": 1.0}})
    assert (nothing.verdict, nothing.p, nothing.difference, nothing.n) == ("unmeasured", None, None, 0)


def test_names_and_order_of_the_questions_change_nothing() -> None:
    generator = random.Random(2)
    first = {f"q{n}": generator.random() for n in range(40)}
    second = {each: value + generator.gauss(0.05, 0.2) for each, value in first.items()}
    (before,) = compare({"m": first}, {"m": second})
    names = dict(zip(first, generator.sample(list(first), 40), strict=True))
    (after,) = compare(
        {"m": {names[each]: value for each, value in first.items()}},
        {"m": {names[each]: value for each, value in reversed(second.items())}},
    )
    assert (after.p, after.low, after.high, after.difference) == (
        before.p, before.low, before.high, before.difference,
    )  # fmt: skip
    assert {names[each] for each in before.gained} == set(after.gained)
    assert compare({"m": first}, {"m": second}, seed=0) == [before]
