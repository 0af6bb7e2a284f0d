"""How sure a figure is, and whether two differ."""

from eval.statistics.bootstrap import Estimate, bootstrap_mean, bootstrap_statistic
from eval.statistics.comparison import Comparison, compare, holm
from eval.statistics.paired import paired_bootstrap, randomization_test

__all__ = [
    "Comparison",
    "Estimate",
    "bootstrap_mean",
    "bootstrap_statistic",
    "compare",
    "holm",
    "paired_bootstrap",
    "randomization_test",
]
