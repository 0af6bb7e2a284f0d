"""The report in short: Markdown for a pull request."""

import re
from collections.abc import Sequence

from eval.report.facts import failures, gaps
from eval.report.losses import CUT, Loss, Verdict, judge
from eval.report.recorded import RecordedRun
from eval.report.tables import Table, headline
from eval.statistics import Estimate

LOSSES = 5
_BOUNDS = {
    "gold": " It is given the gold passages: what perfect retrieval would bring.",
    "none": " It is given no passages: what the generator knows by itself.",
}


def brief(runs: Sequence[RecordedRun]) -> str:
    """Verdicts, what to fix next and the headline table of the last run."""
    run = runs[-1]
    verdicts = judge(run)
    parts = [f"## Evaluation: {_plain(run.name)}"]
    parts.append("\n".join(f"- **{_plain(each.system)}**: {sentence(each)}" for each in verdicts))
    if verdicts and verdicts[0].losses:
        first = verdicts[0]
        losses = first.losses[:LOSSES]
        lines = [f"{place}. {_loss(loss, first)}" for place, loss in enumerate(losses, start=1)]
        parts.append(f"### What to fix next ({_plain(first.system)})\n\n" + "\n".join(lines))
        rest = sum(loss.count for loss in first.losses[LOSSES:])
        if rest:
            parts.append(f"Smaller losses, {rest} {_questions(rest)} together, are in report.html.")
    table = headline(run)
    if table.rows:
        parts.append("### Measures, mean (95 % interval)\n\n" + _table(table))
        if any(column.endswith("↓") for column in table.columns):
            parts.append("↓ less is better; “–” is unmeasured.")
    notes = gaps(runs)
    failed = len(failures(run))
    if failed:
        notes.append(f"{failed} {_questions(failed)} failed; report.html lists the errors.")
    if notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in notes))
    return "\n\n".join(part for part in parts if part) + "\n"


def sentence(verdict: Verdict) -> str:
    """A verdict in one line."""
    total = verdict.answerable
    bound = _BOUNDS.get(verdict.evidence, "") if verdict.part == "answers" else ""
    if verdict.part == "retrieval":
        parts = [
            f"a relevant document is among the first {CUT} for {_share(verdict.right, total)} "
            f"{_questions(total)} (rankings of {_sets(verdict)})"
        ]
    else:
        parts = [
            f"{_share(verdict.right, total)} answerable {_questions(total)} right and rightly cited"
            f" ({_sets(verdict)})"
        ]
        if verdict.unanswerable:
            false = _share(verdict.false_answers, verdict.unanswerable)
            parts.append(f"{false} unanswerable ones answered all the same")
    if verdict.failed:
        parts.append(f"{verdict.failed} failed")
    if verdict.not_judged:
        parts.append(f"{verdict.not_judged} can't be judged: no gold data")
    return "; ".join(parts) + "." + bound


def _loss(loss: Loss, verdict: Verdict) -> str:
    share = 100 * loss.share
    return (
        f"**{_plain(loss.stage)}** in {_plain(loss.set_name)}, {_plain(loss.lang)}: {loss.count} "
        f"{_questions(loss.count)}, {share:.1f} % of the {verdict.wrong} lost. {loss.advice}"
    )


def _table(table: Table) -> str:
    heads = [*table.heads, *table.columns, "n"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in table.rows:
        cells = [*map(_plain, row.heads), *map(_cell, row.cells)]
        # Measures of answers and of rankings may be of different questions.
        counts = sorted({cell.n for cell in row.cells if cell.value is not None})
        n = "–" if not counts else f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"
        lines.append(f"| {' | '.join([*cells, n])} |")
    return "\n".join(lines)


def _cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def _sets(verdict: Verdict) -> str:
    return f"{len(verdict.sets)} {'set' if len(verdict.sets) == 1 else 'sets'}"


def _questions(count: int) -> str:
    return "question" if count == 1 else "questions"


def _plain(text: str) -> str:
    """Text in which Markdown and HTML find nothing to read."""
    return re.sub(r"([\\`*_\[\]<>|#!&~])", r"\\\1", " ".join(text.split()))
