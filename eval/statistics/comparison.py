"""Two runs side by side, measure by measure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from eval.statistics.bootstrap import RESAMPLES
from eval.statistics.paired import paired_bootstrap, randomization_test

ALPHA = 0.05

Verdict = Literal["higher", "lower", "no difference shown", "unmeasured"]
Values = Mapping[str, float | None]  # question id → value
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure's means over the ``n`` questions that both runs measure, and what can be said of them.

    ``low`` and ``high`` bound ``difference`` (second minus first) by the paired bootstrap; ``p`` is the
    randomization test's, ``p_holm`` after correction for all comparisons made together. ``unpaired`` counts
    questions that only one run measures: the means leave them out. ``gained`` and ``lost`` are the questions
    whose value rose and fell.
    """

    measure: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    n: int
    unpaired: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """What the corrected test shows of the second run at α = 0.05; higher need not be better."""
        if self.p_holm is None or self.difference is None:
            return "unmeasured"
        if self.p_holm > ALPHA:
            return "no difference shown"
        return "higher" if self.difference > 0 else "lower"


def compare(
    first: Mapping[str, Values], second: Mapping[str, Values], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Comparison]:
    """Compare two runs in each measure that both have, with Holm's correction over all of them.

    Args:
        first: measure → question id → value, None where unmeasured.
        second: likewise; what is compared with the first.
        seed: of the resampling.
        resamples: how many resamples and permutations.
    """
    compared = [
        _compare(measure, first[measure], second[measure], seed, resamples)
        for measure in first
        if measure in second
    ]
    adjusted = holm({each.measure: each.p for each in compared})
    return [replace(each, p_holm=adjusted[each.measure]) for each in compared]


def holm(p_values: Mapping[Key, float | None]) -> dict[Key, float | None]:
    """Holm's adjusted p-values: those at most α hold together at the family-wise error rate α.

    None (nothing was tested) stays None and isn't counted as a comparison.

    Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    tested = [(value, key) for key, value in p_values.items() if value is not None]
    adjusted: dict[Key, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for place, (value, key) in enumerate(sorted(tested, key=lambda each: each[0])):
        largest = max(largest, min(1.0, (len(tested) - place) * value))
        adjusted[key] = largest
    return adjusted


def _compare(measure: str, first: Values, second: Values, seed: int, resamples: int) -> Comparison:
    before = {question: value for question, value in first.items() if value is not None}
    after = {question: value for question, value in second.items() if value is not None}
    paired = sorted(before.keys() & after.keys())  # so that the runs' order doesn't matter
    a, b = [before[each] for each in paired], [after[each] for each in paired]
    difference = paired_bootstrap(a, b, seed=seed, resamples=resamples)
    return Comparison(
        measure=measure,
        first=sum(a) / len(a) if a else None,
        second=sum(b) / len(b) if b else None,
        difference=difference.value,
        low=difference.low,
        high=difference.high,
        p=randomization_test(a, b, seed=seed, permutations=resamples),
        p_holm=None,
        n=len(paired),
        unpaired=len(before.keys() ^ after.keys()),
        gained=tuple(each for each in paired if after[each] > before[each]),
        lost=tuple(each for each in paired if after[each] < before[each]),
    )
