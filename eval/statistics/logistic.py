"""Logistic regression for a few features, without a library that would be needed for nothing else."""

import numpy as np
from numpy.typing import NDArray

_STEPS = 50


def fit_logistic(
    features: NDArray[np.float64],
    labels: NDArray[np.float64],
    counts: NDArray[np.float64] | None = None,
    *,
    ridge: float = 1e-2,
) -> NDArray[np.float64]:
    """The weights, the constant last, by Newton's method; of standardized features, with a ridge penalty.

    Args:
        features: shape (samples, features).
        labels: 0 or 1, shape (samples,).
        counts: how many samples each stands for; by default one.
        ridge: the penalty on the squared weights of the standardized features; the constant has none.
    """
    counts = np.ones(len(features)) if counts is None else counts
    middle, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    matrix = np.c_[(features - middle) / spread, np.ones(len(features))]
    weights = np.zeros(matrix.shape[1])
    penalty = np.diag([ridge] * (matrix.shape[1] - 1) + [0.0])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(matrix @ weights, -50, 50)))
        slope = matrix.T @ (counts * (labels - chance)) - penalty @ weights
        curve = (matrix.T * (counts * chance * (1 - chance))) @ matrix + penalty
        curve += 1e-9 * np.eye(len(curve))  # labels that are all alike have no curve
        weights += np.linalg.solve(curve, slope)
    scaled = weights[:-1] / spread
    return np.append(scaled, weights[-1] - scaled @ middle)
