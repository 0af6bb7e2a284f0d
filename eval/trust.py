"""How far answers can be trusted, by language: what is right, cited, declined, and how soon it comes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.measures.cost import percentiles
from eval.measures.tokens import is_chinese
from eval.statistics import Estimate, bootstrap_mean, bootstrap_statistic

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TrustMeasure:
    """A name for readers, and what is measured of a question; None where it says nothing."""

    name: str
    value: Callable[[Record], float | None]


def _score(name: str, *, of: Callable[[Record], bool] = lambda _: True) -> Callable[[Record], float | None]:
    return lambda record: record["scores"].get(name) if of(record) else None


def _answerable(record: Record) -> bool:
    return bool(record["answerable"])


def _given(record: Record) -> bool:
    return _answerable(record) and not record["abstained"] and record["error"] is None


def _declined(record: Record) -> float | None:
    return None if _answerable(record) else float(record["abstained"])


MEASURES = (
    TrustMeasure("right and brief, of answerable", _score("right_and_brief", of=_answerable)),
    TrustMeasure("F1, of answerable", _score("f1", of=_answerable)),
    TrustMeasure("citation precision, of answers given", _score("citation_precision", of=_given)),
    TrustMeasure("citation recall, of answers given", _score("citation_recall", of=_given)),
    TrustMeasure("unanswerable, declined", _declined),
    TrustMeasure("answerable, declined", _score("false_refusals")),
)
TIMES = (("first word, s, p50", "first_token_ms"), ("whole answer, s, p50", "total_ms"))


def by_language(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Chinese questions ("zh") and all others ("en")."""
    found: dict[str, list[Record]] = {"zh": [], "en": []}
    for each in records:
        found["zh" if is_chinese(each["lang"]) else "en"].append(each)
    return found


def measure(records: Sequence[Record], seed: int = 0) -> list[Estimate]:
    """Each of `MEASURES` over the questions of which it says something, with its interval."""
    return [bootstrap_mean([each.value(record) for record in records], seed=seed) for each in MEASURES]


def seconds(records: Sequence[Record], stage: str) -> Estimate:
    """The median time of answers that were written anew, in seconds, with its bootstrap interval."""
    told = [
        record["timings"][stage] / 1000
        for record in records
        if record["generated_tokens"] and record["timings"].get(stage) is not None
    ]
    return bootstrap_statistic(told, lambda some: percentiles(some).p50)
