"""What a run's figures depend on, and what failed in it, as rows to print."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.report.recorded import PARTS, RecordedRun

SHOWN = 100  # failures
_FIRST = ("command", "date", "machine", "peak memory", "seed", "pooled", "sample", "systems")


@dataclass(frozen=True, slots=True)
class FactTable:
    """Names and values; ``long`` tables are folded."""

    title: str
    rows: tuple[tuple[str, str], ...]
    long: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A question on which a system raised an error."""

    set_name: str
    system: str
    part: str
    id: str
    error: str


def run_facts(run: RecordedRun) -> list[FactTable]:
    """The run's facts: the general ones first, then a table for each group of them."""
    general: dict[str, str] = {}
    tables = []
    for key, value in run.facts.items():
        if isinstance(value, Mapping):
            tables.append(FactTable(_words(key), tuple(flatten(value)), True))
        else:
            general[_words(key)] = _text(value)
    general["date"] = run.date.isoformat(sep=" ", timespec="minutes") if run.date else "not recorded"
    machine = run.timings.get("machine")
    if isinstance(machine, Mapping):
        tables.append(FactTable("machine", tuple(flatten(machine)), True))
    else:
        general["machine"] = "not recorded" if machine is None else str(machine)
    peak = run.timings.get("peak_memory_bytes")
    general["peak memory"] = f"{peak / 2**30:.2f} GiB" if isinstance(peak, int | float) else "not recorded"
    ordered = [*(key for key in _FIRST if key in general), *sorted(general.keys() - set(_FIRST))]
    return [FactTable("run", tuple((key, general[key]) for key in ordered), False), *tables]


def flatten(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as dotted names."""
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from flatten(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _text(inner)


def failures(run: RecordedRun) -> list[Failure]:
    """Every question that failed, in any part of the run."""
    return [
        Failure(set_name, system, part, str(line["id"]), str(line["error"]))
        for part in PARTS
        for set_name, systems in run.lines[part].items()
        for system, lines in systems.items()
        for line in lines
        if line.get("error")
    ]


def gaps(runs: Sequence[RecordedRun]) -> list[str]:
    """What the page doesn't show, or shows with a reservation, in sentences."""
    newest = runs[-1]
    found = []
    if len(runs) > 1:
        found.append(
            f"The newest of {len(runs)} runs, {newest.name}, is reported; the others are in the history."
        )
    for run in runs[:-1]:
        missing = [each for each in run.sets if each not in newest.sets]
        if missing:
            found.append(f"Only {run.name} has {', '.join(missing)}: report on it by itself to see them.")
        differ = [
            each
            for each in newest.sets
            if each in run.sets and run.fingerprint(each) != newest.fingerprint(each)
        ]
        if differ:
            found.append(
                f"The data of {', '.join(differ)} were others in {run.name} (their fingerprints differ): "
                f"its figures on them aren't comparable."
            )
    return found


def _words(key: str) -> str:
    return key.replace("_", " ")


def _text(value: Any) -> str:
    if value is None or value == {} or value == []:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
