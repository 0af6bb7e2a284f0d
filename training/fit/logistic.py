"""Logistic regressions of a few features, and how well a probability ranks."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from rag.errors import TrainingError


def fit_logistic(
    features: NDArray[np.float64],
    labels: NDArray[np.float64],
    counts: NDArray[np.float64] | None = None,
    *,
    ridge: float = 1e-2,
) -> NDArray[np.float64]:
    """The weights, the constant last.

    Args:
        features: shape (samples, features).
        labels: 0 or 1, shape (samples,).
        counts: how many samples each stands for; by default one.
        ridge: the penalty on the squared weights of the standardized features; the constant has none.

    Raises:
        TrainingError: the labels are all alike.
    """
    if len(set(labels)) < 2:
        raise TrainingError(f"all {len(labels)} samples are labelled alike; fit to more of them")
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-10)
    model.fit(scaler.transform(features), labels, counts)
    weights = model.coef_[0] / scaler.scale_
    return np.append(weights, model.intercept_[0] - weights @ scaler.mean_)


def auroc(right: NDArray[np.bool_], chances: NDArray[np.float64]) -> float | None:
    """The probability that a right answer has a greater chance than a wrong one; ties count half."""
    if len(set(right.tolist())) < 2:
        return None
    return float(roc_auc_score(right, chances))
