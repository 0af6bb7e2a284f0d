"""What answers cost: time by stage, tokens a second, memory."""

import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answer import Trace


@dataclass(frozen=True, slots=True)
class Percentiles:
    """The median and the 95th percentile, interpolated between neighbours; None of nothing."""

    p50: float | None
    p95: float | None
    n: int


def percentiles(values: Iterable[float | None]) -> Percentiles:
    """The percentiles of the values that were measured."""
    measured = np.array([value for value in values if value is not None], dtype=np.float64)
    if not measured.size:
        return Percentiles(None, None, 0)
    p50, p95 = np.percentile(measured, [50, 95])
    return Percentiles(float(p50), float(p95), int(measured.size))


def costs(trace: Trace) -> dict[str, float | None]:
    """One answer's costs: milliseconds of the stages, and generated tokens a second of generating.

    What didn't happen (no first word of a refusal, no tokens of a stored answer) is None.
    """
    generated = trace.generated_tokens > 0 and trace.generate_ms > 0
    return {
        "retrieve_ms": trace.retrieve_ms,
        "first_token_ms": trace.first_token_ms,
        "generate_ms": trace.generate_ms if generated else None,
        "total_ms": trace.total_ms,
        "tokens_per_second": 1000 * trace.generated_tokens / trace.generate_ms if generated else None,
    }


def summarize_costs(
    measured: Sequence[tuple[str, Mapping[str, float | None]]],
) -> dict[str, dict[str, Percentiles]]:
    """Group → stage → percentiles.

    Args:
        measured: of each question its group and its costs by stage. Questions that took another way, such as
            translation or rewriting, belong to a group of their own.
    """
    stages = list(dict.fromkeys(stage for _, costs in measured for stage in costs))
    groups = list(dict.fromkeys(group for group, _ in measured))
    return {
        group: {
            stage: percentiles(costs.get(stage) for other, costs in measured if other == group)
            for stage in stages
        }
        for group in groups
    }


def peak_memory() -> int:
    """The most memory this process has held so far, in bytes (resident set)."""
    # Linux gives kibibytes, macOS bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
