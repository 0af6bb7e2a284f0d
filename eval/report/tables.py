"""The report's tables of measures: from the summary, and by language and kind from the lines."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eval.measures import LESS_IS_BETTER
from eval.report.recorded import Line, RecordedRun
from eval.statistics import Estimate, bootstrap_mean

HEADLINE = {
    "right": "right",
    "right_and_cited": "right and cited",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "false_refusals": "false refusals",
    "false_answers": "false answers",
    "nDCG@10": "nDCG@10",
    "R@5": "R@5",
}
RESAMPLES = 2000  # of a breakdown's intervals: there are many, and none of them decides anything


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is about, and its figures in the order of the table's columns."""

    heads: tuple[str, ...]
    cells: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with intervals; columns in which nothing was measured are left out."""

    title: str
    heads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def headline(run: RecordedRun) -> Table:
    """The headline measures by set and system, from the run's summary."""
    return _from_summary(run, "Headline", HEADLINE)


def further(run: RecordedRun) -> Table:
    """Every other measure of the summary, one a line."""
    rows = [
        Row((set_name, system, _label(measure)), (estimate,))
        for set_name in run.sets
        for system in run.systems
        for measure, estimate in run.estimates.get(set_name, {}).get(system, {}).items()
        if measure not in HEADLINE and estimate.value is not None
    ]
    return Table("All other measures", ("set", "system", "measure"), ("mean",), tuple(rows))


def breakdowns(run: RecordedRun) -> list[Table]:
    """By language, by kind of question, and by set and language where a set has several."""

    def languages(set_name: str, line: Line) -> tuple[str, ...]:
        return (line.get("lang") or "–",)

    def kinds(set_name: str, line: Line) -> tuple[str, ...]:
        return (line.get("kind") or "–",)

    def both(set_name: str, line: Line) -> tuple[str, ...]:
        return (set_name, line.get("lang") or "–")

    tables = [
        _from_lines(run, "By language, over all sets", ("language",), languages),
        _from_lines(run, "By kind of question, over all sets", ("kind",), kinds),
    ]
    found = _from_lines(run, "By set and language", ("set", "language"), both)
    groups = {row.heads[:2] for row in found.rows}
    if len(groups) > len({set_name for set_name, _ in groups}):
        tables.append(found)
    return [table for table in tables if table.rows]


def _from_summary(run: RecordedRun, title: str, measures: dict[str, str]) -> Table:
    used = [
        measure
        for measure in measures
        if any(
            run.estimate(set_name, system, measure).value is not None
            for set_name in run.sets
            for system in run.systems
        )
    ]
    rows = [
        Row((set_name, system), tuple(run.estimate(set_name, system, measure) for measure in used))
        for set_name in run.sets
        for system in run.systems
        if system in run.estimates.get(set_name, {})
    ]
    columns = tuple(_label(measure) for measure in used)
    return Table(title, ("set", "system"), columns, tuple(rows))


def _from_lines(
    run: RecordedRun, title: str, heads: tuple[str, ...], key: Callable[[str, Line], tuple[str, ...]]
) -> Table:
    values: dict[tuple[str, ...], dict[str, dict[str, list[float | None]]]] = {}
    for part in ("retrieval", "answers"):
        for system in run.systems:
            for set_name, lines in run.of(part, system).items():
                for line in lines:
                    group = values.setdefault(key(set_name, line), {}).setdefault(system, {})
                    for measure in HEADLINE.keys() & line["scores"].keys():
                        group.setdefault(measure, []).append(line["scores"][measure])
    used = [
        measure
        for measure in HEADLINE
        if _any_measured(group.get(measure, ()) for systems in values.values() for group in systems.values())
    ]
    rows = [
        Row((*group, system), tuple(_mean(values[group][system].get(each, ()), run.seed) for each in used))
        for group in sorted(values)
        for system in run.systems
        if system in values[group]
    ]
    return Table(title, (*heads, "system"), tuple(map(_label, used)), tuple(rows))


def _any_measured(lists: Iterable[Sequence[float | None]]) -> bool:
    return any(value is not None for values in lists for value in values)


def _mean(values: Sequence[float | None], seed: int) -> Estimate:
    return bootstrap_mean(values, seed=seed, resamples=RESAMPLES)


def _label(measure: str) -> str:
    label = HEADLINE.get(measure, measure.replace("_", " "))
    return f"{label} ↓" if measure in LESS_IS_BETTER else label
