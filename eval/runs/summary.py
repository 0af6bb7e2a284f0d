"""What ``summary.json`` and ``timings.json`` are made of, and the table that a command prints of it."""

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.measures.cost import peak_memory, summarize_costs
from eval.statistics import Estimate, bootstrap_mean

Summary = dict[str, dict[str, float | int | None]]  # measure → mean, low, high, n
RunSummary = dict[str, dict[str, Summary]]  # set → system → measure
_DIGITS = 9  # so that what a platform's arithmetic does in the last bits doesn't show


def estimate_record(estimate: Estimate) -> dict[str, float | int | None]:
    """An estimate as ``summary.json`` has it."""
    values = {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
    rounded = {name: None if value is None else round(value, _DIGITS) for name, value in values.items()}
    return {**rounded, "n": estimate.n}


def mean_of_each(scores: Sequence[Mapping[str, float | None]], seed: int) -> Summary:
    """The mean of each measure over the questions of which it says something, with its interval."""
    names = dict.fromkeys(name for each in scores for name in each)
    return {
        name: estimate_record(bootstrap_mean([each.get(name) for each in scores], seed=seed))
        for name in names
    }


def stages_of(
    measured: Sequence[tuple[str, Mapping[str, float | None]]],
) -> dict[str, dict[str, float | int | None]]:
    """Stage → percentiles; the stages of a group that has a name carry it: ``total_ms (follow-up)``."""
    found: dict[str, dict[str, float | int | None]] = {}
    for group, stages in summarize_costs(measured).items():
        for stage, percentiles in stages.items():
            found[f"{stage} ({group})" if group else stage] = asdict(percentiles)
    return found


def table(summary: RunSummary, columns: Sequence[str]) -> str:
    """The figures as Markdown: a line for each set and system, with intervals and numbers of questions."""
    lines = [f"| set | system | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for name, systems in summary.items():
        for system, measures in systems.items():
            cells = (_cell(measures.get(column)) for column in columns)
            lines.append(f"| {name} | {system} | {' | '.join(cells)} |")
    return "\n".join(lines)


def timings_record(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All of ``timings.json``."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
        },
        "peak_memory_bytes": peak_memory(),
        "sets": sets,
    }


def _cell(estimate: Mapping[str, float | int | None] | None) -> str:
    """A mean with its interval and the number of questions; a dash where nothing was measured."""
    if estimate is None or estimate["mean"] is None:
        return "–"
    interval = ""
    if estimate["low"] is not None:
        interval = f" ({estimate['low']:.3f}–{estimate['high']:.3f})"
    return f"{estimate['mean']:.3f}{interval} of {estimate['n']}"
