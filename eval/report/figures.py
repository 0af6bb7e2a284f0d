"""The report's figures: each a plot, the same as a table, and a note where something is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from eval.report.charts import Charts
from eval.report.curves import (
    HISTORY_MEASURES,
    history,
    latencies,
    ranking_by_k,
    reliability,
    risk_by_coverage,
)
from eval.report.losses import waterfall
from eval.report.recorded import RecordedRun

NO_CONFIDENCE = "no confidence given"


@dataclass(frozen=True, slots=True)
class Figure:
    """``plot`` is None where there is nothing to plot; ``note`` then says why."""

    caption: str
    plot: Markup | None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Figures of one kind; ``systems`` are told apart by a key."""

    anchor: str
    title: str
    text: str
    figures: tuple[Figure, ...]
    systems: tuple[str, ...] = ()


def galleries(runs: Sequence[RecordedRun], draw: Charts) -> list[Gallery]:
    """All figures of the newest run, and the history of all runs; kinds without a figure are left out."""
    run = runs[-1]
    ranked, answered = (
        tuple(system for system in run.systems if run.of(part, system)) for part in ("retrieval", "answers")
    )
    made = [
        Gallery(
            "waterfall",
            "Where answers are lost",
            "From all answerable questions of all sets down to those answered right and cited rightly.",
            tuple(_waterfalls(run, draw)),
        ),
        Gallery(
            "by-k",
            "Ranking by depth",
            "Means over the judged questions of the first k documents.",
            tuple(_by_k(run, draw)),
            ranked,
        ),
        Gallery(
            "risk",
            "Risk and coverage",
            "Answers of the highest confidence first: what share of them is wrong, the more are given.",
            tuple(_of_answers(run, lambda name, systems: _risk(run, draw, name, systems))),
            answered,
        ),
        Gallery(
            "reliability",
            "Reliability",
            "Whether answers of a confidence are right as often as it says; on the diagonal they are.",
            tuple(_of_answers(run, lambda name, systems: _reliability(run, draw, name, systems))),
            answered,
        ),
        Gallery(
            "latency",
            "Latency by stage",
            "Median (the mark) to 95th percentile (the line's end), on the machine under “Run facts”.",
            tuple(_latency(run, draw)),
            tuple(run.systems),
        ),
        Gallery(
            "history",
            "History",
            "The same sets in run after run, with 95 % intervals. Lines join runs on the same data. Runs: "
            + "; ".join(f"{place}, {each.name}" for place, each in enumerate(runs, start=1))
            + ".",
            tuple(_history(runs, draw)),
            tuple(run.systems),
        ),
    ]
    return [gallery for gallery in made if gallery.figures]


def _waterfalls(run: RecordedRun, draw: Charts) -> list[Figure]:
    figures = []
    for system in run.systems:
        sets = run.of("answers", system)
        if not sets:
            continue
        steps = waterfall([line for lines in sets.values() for line in lines])
        values, left = [], steps[0][1]
        for place, (stage, count) in enumerate(steps):
            kind = "whole" if place == 0 else "rest" if place == len(steps) - 1 else "loss"
            start = left - count if kind == "loss" else 0
            end = left if kind == "loss" else count
            left = start if kind == "loss" else left
            values.append({"stage": stage, "start": start, "end": end, "count": count, "kind": kind})
        by_set = [dict(waterfall(lines)) for lines in sets.values()]
        rows = [
            (stage, str(count), *(str(each.get(stage, 0)) for each in by_set if len(sets) > 1))
            for stage, count in steps
        ]
        columns = ("stage", "questions", *(sets if len(sets) > 1 else ()))
        title = f"{system}: questions lost stage by stage"
        figures.append(Figure(system, draw.waterfall(values, title), columns, tuple(rows)))
    return figures


def _by_k(run: RecordedRun, draw: Charts) -> list[Figure]:
    figures = []
    for set_name in run.sets:
        curves = {system: ranking_by_k(run, set_name, system) for system in run.systems}
        for measure in ("nDCG", "R"):
            points = {system: curve[measure] for system, curve in curves.items() if curve}
            if not points:
                continue
            values = [
                {"system": system, "k": k, "value": value}
                for system, curve in points.items()
                for k, value in curve
            ]
            rows = [
                (str(k), *(f"{curve[place][1]:.3f}" for curve in points.values()))
                for place, (k, _) in enumerate(next(iter(points.values())))
            ]
            name = {"nDCG": "nDCG@k", "R": "recall@k"}[measure]
            plot = draw.by_k(values, f"{set_name}: {name} by k, a line a system", name)
            figures.append(Figure(f"{set_name}: {name}", plot, ("k", *points), tuple(rows)))
    return figures


def _of_answers(run: RecordedRun, make: Callable[[str, list[str]], Figure]) -> list[Figure]:
    return [
        make(set_name, [system for system in run.systems if system in run.lines["answers"][set_name]])
        for set_name in run.sets
        if set_name in run.lines["answers"]
    ]


def _risk(run: RecordedRun, draw: Charts, set_name: str, systems: list[str]) -> Figure:
    curves = {system: risk_by_coverage(run.lines["answers"][set_name][system]) for system in systems}
    values = [
        {"system": system, "coverage": coverage, "risk": risk}
        for system, curve in curves.items()
        for coverage, risk in curve
    ]
    rows = [
        (system, f"{coverage:.3f}", f"{risk:.3f}")
        for system, curve in curves.items()
        for coverage, risk in curve[:: max(1, len(curve) // 20)]
    ]
    plot = draw.risk(values, f"{set_name}: risk by coverage") if values else None
    missing = [system for system, curve in curves.items() if not curve]
    return Figure(set_name, plot, ("system", "coverage", "risk"), tuple(rows), _without(missing, plot))


def _reliability(run: RecordedRun, draw: Charts, set_name: str, systems: list[str]) -> Figure:
    values, rows, missing = [], [], []
    for system in systems:
        found = reliability(run.lines["answers"][set_name][system])
        if found is None:
            missing.append(system)
            continue
        for each in found.bins:
            if each.confidence is not None and each.accuracy is not None:
                values.append({"system": system, "confidence": each.confidence, "accuracy": each.accuracy})
                span = f"{each.low:.1f}–{each.high:.1f}"
                rows.append((system, span, str(each.count), f"{each.confidence:.3f}", f"{each.accuracy:.3f}"))
    plot = draw.reliability(values, f"{set_name}: share of right answers by confidence") if values else None
    columns = ("system", "confidence in", "answers", "mean confidence", "share right")
    return Figure(set_name, plot, columns, tuple(rows), _without(missing, plot))


def _without(systems: list[str], plot: Markup | None) -> str | None:
    if not systems:
        return None
    return f"{NO_CONFIDENCE}: {', '.join(systems)}" if plot is not None else f"{NO_CONFIDENCE}."


def _latency(run: RecordedRun, draw: Charts) -> list[Figure]:
    figures = []
    for set_name in run.sets:
        found = latencies(run, set_name)
        if not found:
            continue
        # A logarithmic axis has no 0.
        values = [
            {"system": each.system, "stage": each.stage}
            | {"p50": max(each.p50, 0.01), "p95": max(each.p95, each.p50, 0.01)}
            for each in found
        ]
        rows = [
            (each.stage, each.system, f"{each.p50:,.1f}", f"{each.p95:,.1f}", str(each.n)) for each in found
        ]
        plot = draw.latency(values, f"{set_name}: milliseconds by stage")
        figures.append(Figure(set_name, plot, ("stage", "system", "p50 ms", "p95 ms", "n"), tuple(rows)))
    return figures


def _history(runs: Sequence[RecordedRun], draw: Charts) -> list[Figure]:
    figures = []
    for set_name in runs[-1].sets:
        for measure in HISTORY_MEASURES:
            moments = history(runs, set_name, measure)
            if not moments:
                continue
            values = [
                {"run": each.run, "system": each.system, "data": each.data}
                | {"value": each.estimate.value, "low": each.estimate.low, "high": each.estimate.high}
                for each in moments
            ]
            order = [run.name for run in runs]
            rows = [
                (
                    str(order.index(each.run) + 1),
                    each.date,
                    each.run,
                    each.system,
                    f"{each.estimate.value:.3f}",
                    "same as now" if each.data == 1 else "other data",
                )
                for each in moments
            ]
            name = measure.replace("_", " ")
            plot = draw.history(values, order, f"{set_name}: {name} run by run", name)
            differ = any(each.data > 1 for each in moments)
            note = "The set's data weren't the same in all runs: figures across them aren't comparable."
            columns = ("run", "date", "folder", "system", name, "data")
            caption = f"{set_name}: {name}"
            figures.append(Figure(caption, plot, columns, tuple(rows), note if differ else None))
    return figures
