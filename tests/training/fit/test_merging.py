"""Weights that put relevant candidates first."""

import numpy as np

from eval.datasets import EvalQuestion
from rag.retrievers.merging import FEATURES
from training.fit.merging import Asked, fit


def asked(set_name: str, row: int) -> Asked:
    """A question whose first candidate of three is relevant: the first feature tells so."""
    rng = np.random.default_rng(row)
    features = rng.normal(size=(3, len(FEATURES))).astype(np.float32)
    features[:, 0] = [2.0, -2.0, -2.0]
    question = EvalQuestion(str(row), "?", "en", answers=(), relevant={"right": 1})
    return Asked(set_name, question, features, ["right", "wrong", "other"])


def test_relevant_candidates_become_likely_by_the_fitted_weights() -> None:
    questions = [asked(("a", "a@from_zh")[row % 2], row) for row in range(20)]
    unfit = -np.eye(len(FEATURES))[0]
    assert np.mean([each.ndcg(unfit) for each in questions]) < 0.7
    weights = fit(questions, 0.5)
    assert np.mean([each.ndcg(weights) for each in questions]) > 0.95
