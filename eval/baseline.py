"""The little of a run that later runs are held against: ids and scores."""

import json
from collections.abc import Sequence
from pathlib import Path

from eval.runs.scores import PARTS
from rag.errors import EvalError


def write_baseline(run: Path, out: Path, measures: Sequence[str]) -> int:
    """Write what `eval gate` takes as its baseline: a run's facts, and some scores of each question.

    Args:
        run: a finished run's folder.
        out: the folder; what is in it is overwritten.
        measures: the scores to keep.

    Returns:
        How many scores were kept.

    Raises:
        EvalError: the run isn't finished, or has none of the measures.
    """
    if not (run / "summary.json").is_file():
        raise EvalError(f"{run} is no finished run; the command that made it goes on with it")
    for stale in [each for part in PARTS for each in out.glob(f"*/{part}/*.jsonl")]:
        stale.unlink()
    kept = 0
    for file in sorted(each for part in PARTS for each in run.glob(f"*/{part}/*.jsonl")):
        lines = []
        for line in file.read_text(encoding="utf-8").split("\n"):
            if line:
                record = json.loads(line)
                scores = {
                    name: value
                    for name, value in record["scores"].items()
                    if name in measures and value is not None
                }
                kept += len(scores)
                lines.append(json.dumps({"id": record["id"], "scores": scores}, ensure_ascii=False))
        target = out / file.relative_to(run)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if not kept:
        raise EvalError(f"{run} has none of the measures {', '.join(measures)}; name others with --measures")
    (out / "run.json").write_text((run / "run.json").read_text(encoding="utf-8"), encoding="utf-8")
    return kept
