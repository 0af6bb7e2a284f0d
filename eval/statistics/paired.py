"""Whether two systems differ, of values for the same questions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.statistics.bootstrap import LEVEL, RESAMPLES, Estimate, finite, interval, resampled_means

_EXACT = 14  # so many differing questions have few enough sign patterns to try them all
_BLOCK = 4_000_000


def paired_bootstrap(
    first: Sequence[float], second: Sequence[float], *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """The mean difference ``second - first`` with its percentile bootstrap interval.

    Source: Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006.

    Raises:
        ValueError: the lists differ in length, or a value is not a finite number.
    """
    differences = _differences(first, second)
    if not differences.size:
        return Estimate(None, None, None, 0)
    low, high = interval(resampled_means(differences, seed=seed, resamples=resamples), LEVEL)
    return Estimate(float(differences.mean()), low, high, int(differences.size))


def randomization_test(
    first: Sequence[float], second: Sequence[float], *, seed: int = 0, permutations: int = RESAMPLES
) -> float | None:
    """The two-sided p-value of "which system gave which value is chance", by Fisher's paired randomization.

    Exact where at most 14 questions differ, else from random permutations, of which the observed one counts
    as one, so that p is never 0 (Phipson and Smyth, 2010). None if there are no questions.

    Source: Smucker, Allan and Carterette, "A comparison of statistical significance tests for information
    retrieval evaluation", CIKM 2007.

    Raises:
        ValueError: the lists differ in length, or a value is not a finite number.
    """
    differences = _differences(first, second)
    if not differences.size:
        return None
    differing = differences[differences != 0]  # the others give the same sum whatever their sign
    if not differing.size:
        return 1.0
    # A tolerance, since equal sums may differ in their last digits by the order of adding.
    observed = abs(float(differing.sum())) - 1e-9
    if differing.size <= _EXACT:
        patterns = np.arange(1 << differing.size)[:, None] >> np.arange(differing.size) & 1
        return float(np.mean(np.abs((2 * patterns - 1) @ differing) >= observed))
    generator = np.random.default_rng(seed)
    extreme = 0
    block = max(1, _BLOCK // differing.size)
    for start in range(0, permutations, block):
        shape = (min(block, permutations - start), differing.size)
        signs = 2.0 * generator.integers(0, 2, shape, dtype=np.int8) - 1.0
        extreme += int(np.count_nonzero(np.abs(signs @ differing) >= observed))
    return (extreme + 1) / (permutations + 1)


def _differences(first: Sequence[float], second: Sequence[float]) -> NDArray[np.float64]:
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values can't be paired with {len(second)}")
    return finite([after - before for before, after in zip(first, second, strict=True)])
