"""What a finished run's folder holds, read for the report (``docs/evaluation.md`` describes the folder)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from eval.statistics import Estimate
from rag.errors import EvalError

Line = Mapping[str, Any]
Part = Literal["retrieval", "answers", "robustness"]
PARTS: tuple[Part, ...] = ("retrieval", "answers", "robustness")
UNMEASURED = Estimate(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A finished run.

    ``facts`` and ``timings`` are ``run.json`` and ``timings.json``; ``estimates`` is ``summary.json``: set →
    system → measure. ``lines`` are the questions: part → set → system. ``gains`` are the judgements: set →
    question id → document → gain.
    """

    name: str
    path: Path
    facts: Mapping[str, Any]
    timings: Mapping[str, Any]
    estimates: Mapping[str, Mapping[str, Mapping[str, Estimate]]]
    lines: Mapping[Part, Mapping[str, Mapping[str, Sequence[Line]]]]
    gains: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    @property
    def systems(self) -> list[str]:
        """The systems in the order that the run asked them; those it doesn't name come last, by name."""
        parts = self.facts.get("parts")
        listed = list(parts.values()) if isinstance(parts, Mapping) else []
        named = list(
            dict.fromkeys(name for names in [*listed, self.facts.get("systems") or ()] for name in names)
        )
        found = {system for systems in self.estimates.values() for system in systems}
        for part in self.lines.values():
            found.update(system for systems in part.values() for system in systems)
        return [str(each) for each in named if each in found] + sorted(found.difference(named))

    @property
    def sets(self) -> list[str]:
        """The sets' names, sorted."""
        found = set(self.estimates)
        for part in self.lines.values():
            found.update(part)
        return sorted(found)

    @property
    def date(self) -> datetime | None:
        """When the run was made; None where ``timings.json`` doesn't say."""
        try:
            return datetime.fromisoformat(str(self.timings.get("date")))
        except ValueError:
            return None

    @property
    def seed(self) -> int:
        """The run's seed, from which the report's own intervals are drawn too."""
        seed = self.facts.get("seed")
        return seed if isinstance(seed, int) else 0

    def estimate(self, set_name: str, system: str, measure: str) -> Estimate:
        """A figure of ``summary.json``; one without value where nothing was measured."""
        return self.estimates.get(set_name, {}).get(system, {}).get(measure, UNMEASURED)

    def evidence(self, system: str) -> str:
        """What a system answers from: "retrieved" passages, "gold" ones, or "none"."""
        systems = self.facts.get("systems")
        facts = systems.get(system) if isinstance(systems, Mapping) else None
        return str(facts.get("evidence", "retrieved")) if isinstance(facts, Mapping) else "retrieved"

    def fingerprint(self, set_name: str) -> str | None:
        """What the set's data were, as text to compare; None where the run doesn't say."""
        data = self.facts.get("data")
        found = data.get(set_name) if isinstance(data, Mapping) else None
        return None if found is None else json.dumps(found, ensure_ascii=False, sort_keys=True)

    def of(self, part: Part, system: str) -> dict[str, Sequence[Line]]:
        """A system's lines: set → lines."""
        return {name: systems[system] for name, systems in self.lines[part].items() if system in systems}


def read_runs(paths: Sequence[Path]) -> list[RecordedRun]:
    """The runs, oldest first; runs without a date come first, in the given order.

    Raises:
        EvalError: no run is given, or one isn't a run's folder, isn't finished, or can't be read.
    """
    if not paths:
        raise EvalError(
            "there is no run to report on; name the folder of one, as `python -m eval report RUN`"
        )
    names = [path.resolve().name for path in paths]
    runs = [
        read_run(path, name if names.count(name) == 1 else f"{path.resolve().parent.name}/{name}")
        for path, name in zip(paths, names, strict=True)
    ]
    # As text, times with and without zone can be compared.
    return sorted(runs, key=lambda run: run.date.isoformat() if run.date else "")


def read_run(path: Path, name: str) -> RecordedRun:
    """One run's folder.

    Raises:
        EvalError: it isn't a run's folder, isn't finished, or can't be read.
    """
    if not (path / "run.json").is_file():
        raise EvalError(
            f"{path} is no run's folder (no run.json); make one with `python -m eval all --out {path}`"
        )
    facts = _object(path / "run.json")
    if not (path / "summary.json").is_file():
        command = facts.get("command")
        command = command if isinstance(command, str) else "all"
        raise EvalError(
            f"the run {path} was stopped before its end (no summary.json); finish it with "
            f"`python -m eval {command} … --out {path}`, with the settings that its run.json names"
        )
    summary = _object(path / "summary.json")
    try:
        estimates = {
            set_name: {
                system: {measure: _estimate(value) for measure, value in measures.items()}
                for system, measures in systems.items()
            }
            for set_name, systems in summary.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EvalError(
            f"{path / 'summary.json'} isn't set → system → measure → mean, low, high, n ({error!r}); "
            f"make the run again in a folder of its own"
        ) from error
    timings = path / "timings.json"
    return RecordedRun(
        name=name,
        path=path,
        facts=facts,
        timings=_object(timings) if timings.is_file() else {},
        estimates=estimates,
        lines={part: _part(path, part) for part in PARTS},
        gains={unquote(file.parent.name): _gains(file) for file in sorted(path.glob("*/qrels.txt"))},
    )


def _part(path: Path, part: Part) -> dict[str, dict[str, list[Line]]]:
    found: dict[str, dict[str, list[Line]]] = {}
    for file in sorted(path.glob(f"*/{part}/*.jsonl")):
        found.setdefault(unquote(file.parent.parent.name), {})[file.stem] = _lines(file)
    return found


def _lines(file: Path) -> list[Line]:
    lines: list[Line] = []
    for number, text in enumerate(_text(file).split("\n"), start=1):
        if not text:
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            raise _unreadable(f"{file}, line {number},", error) from error
        if not isinstance(line, dict) or not {"id", "text", "scores"} <= line.keys():
            raise _unreadable(f"{file}, line {number},", "it has no id, text and scores")
        lines.append(line)
    return lines


def _gains(file: Path) -> dict[str, dict[str, int]]:
    gains: dict[str, dict[str, int]] = {}
    for number, text in enumerate(_text(file).splitlines(), start=1):
        try:
            question, _, document, gain = text.split()
            gains.setdefault(unquote(question), {})[unquote(document)] = int(gain)
        except ValueError as error:
            raise _unreadable(f"{file}, line {number},", error) from error
    return gains


def _estimate(value: Mapping[str, Any]) -> Estimate:
    mean, low, high = (None if value[key] is None else float(value[key]) for key in ("mean", "low", "high"))
    return Estimate(mean, low, high, int(value["n"]))


def _object(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(file))
    except ValueError as error:
        raise _unreadable(str(file), error) from error
    if not isinstance(found, dict):
        raise _unreadable(str(file), "it is no JSON object")
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(str(file), error) from error


def _unreadable(thing: str, cause: object) -> EvalError:
    return EvalError(f"{thing} can't be read: {cause}; run the same command again to write it anew")
