"""What the index benchmarks share: timing, memory, a fresh process for each measurement, a table."""

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

Row = dict[str, float | str]


def milliseconds(action: Callable[[], object]) -> float:
    """How long the action takes."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def percentiles(values: Iterable[float]) -> tuple[float, float]:
    """The 50th and the 95th percentile."""
    p50, p95 = np.percentile(np.array(list(values)), [50, 95])
    return float(p50), float(p95)


def resident_mib() -> float:
    """Memory of this process that isn't swapped out, in MiB."""
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


def folder_mib(folder: Path) -> float:
    """Size of all files below the folder, in MiB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def run_apart(measure: Callable[..., Row], *arguments: Any) -> Row:
    """Run a measurement in a fresh process, so that memory of the one before doesn't count."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def markdown_table(rows: Sequence[Mapping[str, float | str]]) -> str:
    """The rows as a Markdown table; the first row's keys are the columns."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [_format(row.get(column, "")) for column in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _format(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
