"""The report's page: one HTML file that needs nothing beside it, and its summary in Markdown."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from eval.report.brief import brief, sentence
from eval.report.cases import show_cases
from eval.report.charts import Charts, styles
from eval.report.facts import SHOWN as FAILURES_SHOWN
from eval.report.facts import failures, gaps, run_facts
from eval.report.figures import galleries
from eval.report.losses import judge
from eval.report.recorded import RecordedRun, read_runs
from eval.report.tables import breakdowns, further, headline
from eval.statistics import Estimate
from rag.errors import EvalError

PLANS_SHOWN = 8  # losses in a list of what to fix; the others are folded


def write_report(runs: Sequence[Path], out: Path) -> tuple[Path, Path]:
    """Write ``report.html`` and ``report.md`` and return their paths.

    Args:
        runs: the folders of finished runs; the newest is reported, the others are in its history.
        out: the folder to write to.

    Raises:
        EvalError: a run isn't finished or can't be read, or the report can't be written.
    """
    read = read_runs(runs)
    html, markdown = out / "report.html", out / "report.md"
    page, short = render(read), brief(read)
    try:
        out.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
        markdown.write_text(short, encoding="utf-8")
    except OSError as error:
        raise EvalError(
            f"can't write the report into {out}: {error.strerror}; name another folder with --out"
        ) from error
    return html, markdown


def render(runs: Sequence[RecordedRun]) -> str:
    """The page on the last of the runs, with the history of all."""
    run = runs[-1]
    verdicts = judge(run)
    failed = failures(run)
    environment = Environment(
        loader=PackageLoader("eval.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"mean": _mean, "interval": _interval, "percent": _percent, "code": _code}
    environment.globals |= {"sentence": sentence}
    return environment.get_template("page.html.jinja").render(
        run=run,
        verdicts=verdicts,
        plans_shown=PLANS_SHOWN,
        gaps=gaps(runs),
        headline=headline(run),
        further=further(run),
        breakdowns=breakdowns(run),
        galleries=galleries(runs, Charts(run.systems)),
        key=styles(run.systems),
        cases=[(verdict, show_cases(verdict)) for verdict in verdicts if verdict.losses],
        facts=run_facts(run),
        failures=failed[:FAILURES_SHOWN],
        failures_left_out=max(0, len(failed) - FAILURES_SHOWN),
    )


def _mean(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "no interval"
    return f"{estimate.low:.3f} to {estimate.high:.3f}"


def _code(text: str) -> Markup:
    """What stands between backticks as code; all of it escaped."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
