"""Bootstrap intervals.

Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13 (percentile intervals).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
_BLOCK = 4_000_000  # drawn numbers at a time, which bounds memory

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean (or another statistic) of ``n`` questions with its interval; None if nothing was measured."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def bootstrap_mean(
    values: Iterable[float | None], *, seed: int = 0, resamples: int = RESAMPLES, level: float = LEVEL
) -> Estimate:
    """The mean of the values with its percentile bootstrap interval.

    None is unmeasured and left out. One value, or equal ones, give an interval of no width: the bootstrap
    knows no more than the sample does. The same values, in any order, and the same seed give the same result
    to the last bit.

    Raises:
        ValueError: a value is not a finite number; what is unmeasured is None.
    """
    sample = finite([value for value in values if value is not None])
    if not sample.size:
        return Estimate(None, None, None, 0)
    low, high = interval(resampled_means(sample, seed=seed, resamples=resamples), level)
    return Estimate(float(sample.mean()), low, high, int(sample.size))


def bootstrap_statistic(
    items: Sequence[Item],
    statistic: Callable[[Sequence[Item]], float | None],
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = LEVEL,
) -> Estimate:
    """A statistic that is no mean (F1 of abstention, AURC, ECE) with its percentile bootstrap interval.

    ``n`` is the number of items. Resamples on which the statistic is None are left out; so many that
    fewer than half are left make the interval None.
    """
    value = statistic(items) if items else None
    if value is None:
        return Estimate(None, None, None, 0)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = generator.integers(0, len(items), len(items))
        again = statistic([items[index] for index in drawn])
        if again is not None:
            found.append(again)
    if 2 * len(found) < resamples:
        return Estimate(value, None, None, len(items))
    low, high = interval(np.array(found), level)
    return Estimate(value, low, high, len(items))


def finite(values: Sequence[float]) -> NDArray[np.float64]:
    """The values, sorted, so that neither order nor names of the questions change a result.

    Raises:
        ValueError: a value is not a finite number.
    """
    array = np.sort(np.array(values, dtype=np.float64))
    if not np.isfinite(array).all():
        raise ValueError("a value is not a finite number; give None for what is unmeasured")
    return array


def resampled_means(sample: NDArray[np.float64], *, seed: int, resamples: int) -> NDArray[np.float64]:
    """The means of resamples drawn with replacement, shape (resamples,)."""
    return np.concatenate([sample[drawn].mean(axis=1) for drawn in _draws(sample.size, seed, resamples)])


def interval(found: NDArray[np.float64], level: float) -> tuple[float, float]:
    """The middle share ``level`` of the values found."""
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _draws(size: int, seed: int, resamples: int) -> Iterator[NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // size)
    for start in range(0, resamples, block):
        yield generator.integers(0, size, (min(block, resamples - start), size))
