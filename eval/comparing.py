"""``eval compare`` and ``eval gate``: what the difference between two runs shows, and whether it may pass."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.measures import LESS_IS_BETTER
from eval.runs.scores import ScoredSystem
from eval.statistics import Comparison, compare
from rag.errors import EvalError

_FLIPPED = 5  # questions that are named


@dataclass(frozen=True, slots=True)
class SystemComparison:
    """Two systems, measure by measure ("SET measure"), with one correction over all of them."""

    first: str
    second: str
    comparisons: tuple[Comparison, ...]


def compare_systems(
    first: Sequence[ScoredSystem], second: Sequence[ScoredSystem], measures: Iterable[str], seed: int = 0
) -> list[SystemComparison]:
    """Compare systems of the same name, or, where each side has one only, these two.

    Raises:
        EvalError: there is no pair, or none of the measures is in both.
    """
    wanted = tuple(measures)
    if len(first) == len(second) == 1:
        pairs = [(first[0], second[0])]
    else:
        by_name = {each.system: each for each in second}
        pairs = [(each, by_name[each.system]) for each in first if each.system in by_name]
    if not pairs:
        raise EvalError("the runs have no system in common; name one of each, as RUN:SYSTEM")
    found = []
    for before, after in pairs:
        chosen = [
            {name: values for name, values in each.scores.items() if name.rpartition(" ")[2] in wanted}
            for each in (before, after)
        ]
        if not chosen[0].keys() & chosen[1].keys():
            raise EvalError(f"{before.name} and {after.name} share none of the measures {', '.join(wanted)}")
        comparisons = compare(chosen[0], chosen[1], seed=seed)
        found.append(SystemComparison(before.name, after.name, tuple(comparisons)))
    return found


def regressions(compared: Iterable[SystemComparison], tolerance: float) -> list[str]:
    """The measures that got worse by more than ``tolerance``, significantly so, in words."""
    return [
        f"{each.second}: {found.measure} {'rose' if found.verdict == 'higher' else 'fell'} "
        f"from {found.first:.3f} to {found.second:.3f} (p = {found.p_holm:.3g})"
        for each in compared
        for found in each.comparisons
        if found.verdict == _worse(found.measure) and abs(found.difference or 0.0) > tolerance
    ]


def missing(
    baseline: Sequence[ScoredSystem], run: Sequence[ScoredSystem], measures: Iterable[str]
) -> list[str]:
    """What the baseline measures and the run doesn't, in words: without its worst a run would be the best."""
    wanted = set(measures)
    by_name = {each.system: each for each in run}
    if len(baseline) == len(run) == 1:
        by_name = {baseline[0].system: run[0]}
    found = []
    for each in baseline:
        scores = by_name[each.system].scores if each.system in by_name else {}
        for name, values in each.scores.items():
            if name.rpartition(" ")[2] in wanted:
                lacking = sorted(id for id in values if id not in scores.get(name, {}))
                if lacking:
                    found.append(f"{each.system}: {name} of {len(lacking)} questions, such as {lacking[0]}")
    return found


def _worse(measure: str) -> str:
    return "higher" if measure.rpartition(" ")[2] in LESS_IS_BETTER else "lower"


def to_markdown(compared: Iterable[SystemComparison]) -> str:
    """Tables of the differences, their intervals and verdicts, and the questions that flipped."""
    parts = []
    for each in compared:
        lines = [
            f"**{each.second}** against **{each.first}**",
            "",
            "| set and measure | first | second | difference (95 %) | p, Holm | verdict | n |",
            "|---|---|---|---|---|---|---|",
            *(_row(found) for found in each.comparisons),
            "",
        ]
        for found in each.comparisons:
            for word, questions in (("rose", found.gained), ("fell", found.lost)):
                if questions:
                    more = f" and {len(questions) - _FLIPPED} more" if len(questions) > _FLIPPED else ""
                    lines.append(f"- {found.measure} {word}: {', '.join(questions[:_FLIPPED])}{more}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _row(found: Comparison) -> str:
    if found.first is None or found.second is None or found.difference is None:
        return f"| {found.measure} | – | – | – | – | unmeasured | {found.n} |"
    interval = f"{found.difference:+.3f} ({found.low:+.3f} … {found.high:+.3f})"
    p = "–" if found.p_holm is None else f"{found.p_holm:.3g}"
    missing = f" ({found.unpaired} in one only)" if found.unpaired else ""
    return (
        f"| {found.measure} | {found.first:.3f} | {found.second:.3f} | {interval} | {p} | {found.verdict} "
        f"| {found.n}{missing} |"
    )
