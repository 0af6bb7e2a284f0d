"""The scores that a run's folder holds, question by question."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rag.errors import EvalError

PARTS = ("retrieval", "answers", "robustness")
Scores = dict[str, dict[str, float | None]]  # "SET measure" → question id → value


@dataclass(frozen=True, slots=True)
class ScoredSystem:
    """One system of a run, by the name under which it was given (``RUN`` or ``RUN:SYSTEM``)."""

    name: str
    system: str
    scores: Scores


def read_answers(run: Path, system: str) -> dict[str, list[dict[str, Any]]]:
    """Set → the lines of what a run's system answered.

    Raises:
        EvalError: there is no such run or system.
    """
    files = sorted(run.glob(f"*/answers/{system}.jsonl"))
    if not files:
        raise EvalError(
            f"{run} has no answers of a system {system}; make some with `python -m eval answers --systems "
            f"{system} --out {run}`"
        )
    # Not splitlines: a text may hold one of the separators that only it knows.
    return {
        unquote(file.parent.parent.name): [
            json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line
        ]
        for file in files
    }


def read_scores(reference: str) -> list[ScoredSystem]:
    """The systems of ``RUN``, or the one of ``RUN:SYSTEM``, in order of name.

    Raises:
        EvalError: there is no such run or system, or a file of it can't be read.
    """
    path, colon, wanted = reference.rpartition(":")
    folder = Path(path if colon and not Path(reference).is_dir() else reference)
    wanted = wanted if folder == Path(path) and colon else ""
    if not (folder / "run.json").is_file():
        raise EvalError(f"{folder} is no run's folder; make one with `python -m eval all --out {folder}`")
    systems: dict[str, Scores] = {}
    for file in sorted(each for part in PARTS for each in folder.glob(f"*/{part}/*.jsonl")):
        scores = systems.setdefault(file.stem, {})
        set_name = unquote(file.parent.parent.name)
        # Not splitlines: a text may hold one of the separators that only it knows.
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if not line:
                continue
            try:
                record = json.loads(line)
                for measure, value in record["scores"].items():
                    scores.setdefault(f"{set_name} {measure}", {})[record["id"]] = value
            except (ValueError, KeyError, AttributeError) as error:
                raise EvalError(f"{file}, line {number}, can't be read: {error}") from error
    if wanted and wanted not in systems:
        raise EvalError(f"the run {folder} has no system {wanted}; it has {', '.join(systems)}")
    chosen = {wanted: systems[wanted]} if wanted else systems
    return [ScoredSystem(f"{folder.name}:{name}", name, scores) for name, scores in chosen.items()]
