"""The fit and the measure of ranking, against what they are by definition."""

import numpy as np
import pytest

from rag.errors import TrainingError
from training.fit.logistic import auroc, fit_logistic


def test_the_slope_of_the_penalized_likelihood_vanishes_at_the_fit() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(3, [1.0, 10.0, 0.1], (500, 3))
    labels = (rng.uniform(size=500) < 1 / (1 + np.exp(3 - features[:, 0]))).astype(float)
    counts = rng.choice([0.25, 1.0], 500)
    found = fit_logistic(features, labels, counts, ridge=0.5)
    spread = features.std(axis=0)
    residual = counts * (labels - 1 / (1 + np.exp(-(features @ found[:-1] + found[-1]))))
    standardized = (features - features.mean(axis=0)) / spread
    np.testing.assert_allclose(standardized.T @ residual, 0.5 * found[:-1] * spread, atol=1e-6)
    assert residual.sum() == pytest.approx(0, abs=1e-6)


def test_labels_that_are_all_alike_are_refused() -> None:
    with pytest.raises(TrainingError, match="all 2 samples are labelled alike"):
        fit_logistic(np.array([[0.0], [1.0]]), np.array([1.0, 1.0]))


def test_auroc_counts_pairs() -> None:
    right = np.array([True, True, False])
    assert auroc(right, np.array([0.9, 0.2, 0.5])) == 0.5
    assert auroc(right, np.array([0.5, 0.5, 0.5])) == 0.5
    assert auroc(np.array([True]), np.array([0.5])) is None
