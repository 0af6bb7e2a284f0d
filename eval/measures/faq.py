"""How well curated questions and answers are found and given back."""

from collections.abc import Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaqOutcome:
    """What became of one question to an FAQ.

    ``right`` are the ids of the entries that answer it, none where the FAQ doesn't; ``top`` the entry that is
    ranked first; ``direct`` the entry whose stored answer was given without a generator, None if none was.
    """

    id: str
    right: Set[str]
    top: str | None = None
    direct: str | None = None


def score_faq(outcomes: Sequence[FaqOutcome]) -> dict[str, dict[str, float | None]]:
    """Score each question: measure → question id → value, of which the means are the figures.

    - ``Success@1`` the share of the questions that the FAQ answers whose first entry is right;
    - ``direct_precision`` of the direct answers, those that are right; one to a question that the FAQ doesn't
      answer is wrong;
    - ``direct_coverage`` of the questions that the FAQ answers, those answered directly, rightly or not;
    - ``direct_false`` of the questions that it doesn't answer, those answered directly.
    """
    return {
        "Success@1": {each.id: float(each.top in each.right) if each.right else None for each in outcomes},
        "direct_precision": {
            each.id: float(each.direct in each.right) if each.direct is not None else None
            for each in outcomes
        },
        "direct_coverage": {
            each.id: float(each.direct is not None) if each.right else None for each in outcomes
        },
        "direct_false": {
            each.id: None if each.right else float(each.direct is not None) for each in outcomes
        },
    }
