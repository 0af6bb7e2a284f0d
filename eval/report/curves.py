"""The points of the report's plots, made from a run's lines by the measures that the summary is made by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.measures.abstention import Calibration, Outcome, calibration, risk_coverage
from eval.measures.retrieval import score_rankings
from eval.report.recorded import Line, RecordedRun
from eval.statistics import Estimate

CUTOFFS = (1, 2, 3, 5, 10, 20, 50, 100)
HISTORY_MEASURES = ("right_and_cited", "right", "nDCG@10")
_CURVE_POINTS = 200  # of a risk–coverage curve: more can't be seen


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one stage."""

    system: str
    stage: str
    p50: float
    p95: float
    n: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A measure in one run. ``data`` tells apart what the set's data were: 1 for the newest run's."""

    run: str
    date: str
    system: str
    estimate: Estimate
    data: int


def ranking_by_k(run: RecordedRun, set_name: str, system: str) -> dict[str, list[tuple[int, float]]]:
    """``nDCG`` and ``R`` → (k, mean over the judged questions), of the rankings as they were written."""
    lines = run.of("retrieval", system).get(set_name, ())
    graded = run.gains.get(set_name, {})
    qrels = {
        line["id"]: dict(graded.get(line["id"]) or dict.fromkeys(line.get("relevant") or (), 1))
        for line in lines
    }
    rankings = {line["id"]: [(document, score) for document, score in line["ranking"]] for line in lines}
    names = [f"{measure}@{k}" for measure in ("nDCG", "R") for k in CUTOFFS]
    scores = score_rankings(rankings, qrels, names)
    if not scores:
        return {}
    return {
        measure: [(k, sum(each[f"{measure}@{k}"] for each in scores.values()) / len(scores)) for k in CUTOFFS]
        for measure in ("nDCG", "R")
    }


def outcomes(lines: Sequence[Line]) -> list[Outcome]:
    """The lines as abstention and calibration see them; questions that can't be judged are left out."""
    return [
        Outcome(
            id=str(line["id"]),
            answerable=bool(line.get("answerable", True)),
            abstained=bool(line.get("abstained")),
            right=bool(line["scores"].get("right")),
            confidence=line.get("confidence"),
        )
        for line in lines
        if line["scores"].get("right") is not None or line.get("error") or not line.get("answerable", True)
    ]


def risk_by_coverage(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """(coverage, risk), at most some 200 of them; empty where no answer has a confidence."""
    points = risk_coverage(outcomes(lines)).points
    step = max(1, len(points) // _CURVE_POINTS)
    kept = list(points[::step])
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]


def reliability(lines: Sequence[Line]) -> Calibration | None:
    """Accuracy by confidence; None where no answer has a confidence, or one isn't between 0 and 1."""
    try:
        found = calibration(outcomes(lines))
    except ValueError:
        return None
    return None if found.ece is None else found


def latencies(run: RecordedRun, set_name: str) -> list[Latency]:
    """What ``timings.json`` has in milliseconds, in its order of stages, by system."""
    sets = run.timings.get("sets")
    systems = sets.get(set_name) if isinstance(sets, Mapping) else None
    found = []
    for system, stages in systems.items() if isinstance(systems, Mapping) else ():
        for stage, times in stages.items() if isinstance(stages, Mapping) else ():
            if not isinstance(times, Mapping) or times.get("p50") is None or "per_second" in stage:
                continue
            p50, p95, n = (times.get(key) for key in ("p50", "p95", "n"))
            name = stage.replace("_ms", "").replace("_", " ")
            found.append(Latency(str(system), name, float(p50 or 0), float(p95 or p50 or 0), int(n or 0)))
    return sorted(found, key=lambda each: _stage_place(each.stage))


def history(runs: Sequence[RecordedRun], set_name: str, measure: str) -> list[Moment]:
    """A measure of a set run by run, oldest first, where at least two runs have it."""
    having = [run for run in reversed(runs) if set_name in run.sets]
    newest_first = list(dict.fromkeys(run.fingerprint(set_name) for run in having))
    moments = [
        Moment(
            run=run.name,
            date=run.date.strftime("%Y-%m-%d %H:%M") if run.date else "no date",
            system=system,
            estimate=estimate,
            data=newest_first.index(run.fingerprint(set_name)) + 1,
        )
        for run in runs
        for system in run.systems
        if (estimate := run.estimate(set_name, system, measure)).value is not None
    ]
    return moments if len({moment.run for moment in moments}) > 1 else []


def _stage_place(stage: str) -> int:
    order = ("rank", "retrieve", "first token", "generate", "total")
    first = stage.partition(" (")[0]  # a group's name follows
    return order.index(first) if first in order else len(order)
