"""RGB's four abilities of a generator that is given documents of a known kind.

Source: Chen et al., "Benchmarking large language models in retrieval-augmented generation", AAAI 2024. Beyond
it, only true refusals count: an answer that hedges and answers all the same is an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Ability = Literal["noise", "rejection", "integration", "counterfactual"]


@dataclass(frozen=True, slots=True)
class RobustnessOutcome:
    """What became of one question over documents that were chosen for it.

    ``ability`` says which: documents of which the share ``noise_ratio`` (0 to 1) is noise; noise only;
    several documents that must be put together; documents with the fact changed. ``right`` is by the true
    fact.
    ``detected``: whether the answer says that the documents err, ``followed``: whether it says what the
    changed documents say (both counterfactual only, None if not looked at).
    """

    id: str
    ability: Ability
    abstained: bool
    right: bool = False
    noise_ratio: float | None = None
    detected: bool | None = None
    followed: bool | None = None


def score_robustness(outcomes: Sequence[RobustnessOutcome]) -> dict[str, dict[str, float | None]]:
    """Score each question: measure → question id → value; each measure's mean is RGB's figure.

    - ``noise@R`` accuracy at noise ratio R, one measure for each ratio that occurs; a refusal is wrong;
    - ``rejection`` the share refused where there is only noise;
    - ``integration`` accuracy where several documents are needed;
    - ``error_detection`` the share of counterfactual questions whose answer says that the documents err,
      which a bare refusal doesn't; ``error_correction`` of those detected, the share answered rightly all the
      same; ``followed_documents`` (not RGB's) the share that says what the changed documents say, which is
      what a system that answers from its documents alone should do.

    Raises:
        ValueError: a noise question has no ratio.
    """
    scores: dict[str, dict[str, float | None]] = {}
    for each in outcomes:
        for measure, value in _score(each).items():
            scores.setdefault(measure, {})[each.id] = value
    return scores


def _score(outcome: RobustnessOutcome) -> dict[str, float | None]:
    right = float(outcome.right and not outcome.abstained)
    match outcome.ability:
        case "noise":
            if outcome.noise_ratio is None:
                raise ValueError(f"{outcome.id} is a noise question without a noise ratio")
            return {f"noise@{outcome.noise_ratio:g}": right}
        case "rejection":
            return {"rejection": float(outcome.abstained)}
        case "integration":
            return {"integration": right}
        case "counterfactual":
            followed = None if outcome.followed is None else float(outcome.followed and not outcome.abstained)
            if outcome.detected is None and not outcome.abstained:
                return {
                    "error_detection": None,
                    "error_correction": None,
                    "followed_documents": followed,
                }
            detected = bool(outcome.detected)
            return {
                "error_detection": float(detected),
                "error_correction": right if detected else None,
                "followed_documents": followed,
            }
