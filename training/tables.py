"""What trainings print: Markdown tables, on standard output."""

from collections.abc import Iterable, Sequence

import numpy as np

from eval.statistics import bootstrap_mean


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their columns."""
    lines = [_line(columns), "|---" * len(columns) + "|", *map(_line, rows)]
    return "\n".join(lines)


def cell(value: float | None) -> str:
    """A figure with three digits; a dash where nothing was measured."""
    return "—" if value is None else f"{value:.3f}"


def estimate(values: Sequence[float]) -> str:
    """The mean with its 95 % bootstrap interval; nothing where nothing was measured."""
    if not values:
        return ""
    found = bootstrap_mean(values, seed=0)
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"


def own_and_crossing(values: dict[str, float]) -> tuple[float, float]:
    """The mean of the sets that ask in their own language, and of those that cross: ``SET@from_LANG``."""
    own = [value for name, value in values.items() if "@" not in name]
    crossing = [value for name, value in values.items() if "@" in name]
    return float(np.mean(own)), float(np.mean(crossing))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
