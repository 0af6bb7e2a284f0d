"""Whether a system knows what it doesn't know: refusals, and how much its confidence is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

BINS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    ``right`` says whether an answer that was given is right; it is never so for a question that can't be
    answered, and has no meaning for a refusal. ``confidence`` (0 to 1) is None where the system gives none. A
    question on which the system failed is neither abstained nor right.
    """

    id: str
    answerable: bool
    abstained: bool
    right: bool = False
    confidence: float | None = None

    @property
    def correct(self) -> bool:
        """Whether an answer was given where there is one, and it is right."""
        return self.answerable and not self.abstained and self.right


@dataclass(frozen=True, slots=True)
class AbstentionScores:
    """Rates from 0 to 1, None where there is nothing to take them of.

    ``precision``: of the refusals, those of unanswerable questions; ``recall``: of the unanswerable
    questions, those refused. ``false_answers``: of the unanswerable questions, those answered;
    ``false_refusals``: of the answerable ones, those refused.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    false_answers: float | None
    false_refusals: float | None


def score_abstention(outcomes: Sequence[Outcome]) -> AbstentionScores:
    """Score refusals as decisions on "can't be answered"."""
    unanswerable = [each for each in outcomes if not each.answerable]
    answerable = [each for each in outcomes if each.answerable]
    refused = sum(each.abstained for each in unanswerable)
    refusals = refused + sum(each.abstained for each in answerable)
    return AbstentionScores(
        precision=_rate(refused, refusals),
        recall=_rate(refused, len(unanswerable)),
        # Without unanswerable questions there is nothing to find, however many refusals there are.
        f1=_rate(2 * refused, refusals + len(unanswerable)) if unanswerable else None,
        false_answers=_rate(len(unanswerable) - refused, len(unanswerable)),
        false_refusals=_rate(refusals - refused, len(answerable)),
    )


def abstention_by_question(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float | None]]:
    """Of each question, what the rates are means of (F1 is none): measure → question id → 0, 1 or None."""
    return {
        "abstention_precision": {
            each.id: float(not each.answerable) if each.abstained else None for each in outcomes
        },
        "abstention_recall": {
            each.id: None if each.answerable else float(each.abstained) for each in outcomes
        },
        "false_answers": {
            each.id: None if each.answerable else float(not each.abstained) for each in outcomes
        },
        "false_refusals": {each.id: float(each.abstained) if each.answerable else None for each in outcomes},
    }


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The risk–coverage curve: of the answers given, those of the highest confidence first.

    ``points`` are (coverage, risk): the share of all questions answered, and of these answers the share that
    is wrong. ``area`` (AURC) is the mean risk over the answers given; None if none has a confidence.
    """

    points: tuple[tuple[float, float], ...]
    area: float | None


def risk_coverage(outcomes: Sequence[Outcome]) -> RiskCoverage:
    """The curve over the answers that were given and have a confidence.

    Answers of equal confidence come in every order alike: the risk among them is its mean over the orders, so
    that a constant confidence gives the share of wrong answers throughout.

    Source: El-Yaniv and Wiener, JMLR 2010; Geifman, Uziel and El-Yaniv, ICLR 2019, for the area.
    """
    given = _measured(outcomes)
    given.sort(key=lambda each: -each[0])
    points: list[tuple[float, float]] = []
    wrong_before = 0.0
    for _, group in groupby(given, key=lambda each: each[0]):
        verdicts = [correct for _, correct in group]
        wrong, start = verdicts.count(False), len(points)
        for place in range(1, len(verdicts) + 1):
            count = start + place
            risk = (wrong_before + wrong * place / len(verdicts)) / count
            points.append((count / len(outcomes), risk))
        wrong_before += wrong
    area = sum(risk for _, risk in points) / len(points) if points else None
    return RiskCoverage(tuple(points), area)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence is in (low, high], in the lowest bin also 0."""

    low: float
    high: float
    count: int
    confidence: float | None  # mean
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """``ece`` (0 to 1) is None if no answer has a confidence, which is not the same as well calibrated."""

    ece: float | None
    bins: tuple[ReliabilityBin, ...]


def calibration(outcomes: Sequence[Outcome], bins: int = BINS) -> Calibration:
    """The expected calibration error of the answers that were given, in bins of equal width.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017.

    Raises:
        ValueError: a confidence isn't between 0 and 1.
    """
    given = _measured(outcomes)
    filled: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, correct in given:
        if not 0 <= confidence <= 1:
            raise ValueError(f"a confidence of {confidence} isn't between 0 and 1")
        # By comparison, not by multiplying: 0.3 * 10 is more than 3 in some roundings.
        place = next(number for number in range(bins) if confidence <= (number + 1) / bins)
        filled[place].append((confidence, correct))
    made = tuple(
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            count=len(each),
            confidence=sum(confidence for confidence, _ in each) / len(each) if each else None,
            accuracy=sum(correct for _, correct in each) / len(each) if each else None,
        )
        for number, each in enumerate(filled)
    )
    gaps = (
        each.count * abs(each.confidence - each.accuracy)
        for each in made
        if each.confidence is not None and each.accuracy is not None
    )
    return Calibration(sum(gaps) / len(given) if given else None, made)


def _measured(outcomes: Sequence[Outcome]) -> list[tuple[float, bool]]:
    return [
        (each.confidence, each.correct)
        for each in outcomes
        if not each.abstained and each.confidence is not None
    ]


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
