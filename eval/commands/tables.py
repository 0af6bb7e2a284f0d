"""Figures as Markdown tables."""

from collections.abc import Mapping, Sequence

from eval.runs.run import RunSummary


def table(summary: RunSummary, columns: Sequence[str]) -> str:
    """The figures as Markdown: a line for each set and system, with intervals and numbers of questions."""
    lines = [f"| set | system | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for name, systems in summary.items():
        for system, measures in systems.items():
            cells = (cell(measures.get(column)) for column in columns)
            lines.append(f"| {name} | {system} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(estimate: Mapping[str, float | int | None] | None) -> str:
    """A mean with its interval and the number of questions; a dash where nothing was measured."""
    if estimate is None or estimate["mean"] is None:
        return "–"
    interval = ""
    if estimate["low"] is not None:
        interval = f" ({estimate['low']:.3f}–{estimate['high']:.3f})"
    return f"{estimate['mean']:.3f}{interval} of {estimate['n']}"
