"""How probable it is that an answer is right, and from when on one is worth giving.

A logistic regression over what can be measured of an answer without another run of a model, fitted on answers
whose rightness is known by ``python -m training confidence RUN``. What it has learned holds for the generator
and the embedder it was fitted with; other ones have other likelihoods and scores, so without a calibration of
theirs there is no figure.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.answer import Stage
from rag.answering.citing import Resolved
from rag.answering.evidence import Evidence
from rag.answering.support import coverage, rarity
from rag.errors import ConfigError
from rag.passage import embedding_text, metadata_of
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer

Signals = Mapping[str, float]

SHIPPED = Path(__file__).with_name("calibrations")
_LEAST_LIKELIHOOD = -8.0  # natural logarithm; below it one token is as unlikely as another
_UNKNOWN = 0.35  # about the usual coverage: across languages shared words say nothing
_LONG = 200.0  # characters: the length of answers counts up to here


class Calibration(BaseModel):
    """Coefficients by signal, and the least probability of an answer that is given.

    ``adapter``: what tells the generator's adapters from others (`rag.build.readers_digest`), "" without one.
    ``risk``: the share of wrong ones among the answers that were given at the ``threshold``, held out, on
    the questions it was fitted on, a part of which can't be answered. ``fitted_on``: what a reader has to
    know to judge it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generator: str
    embedder: str
    adapter: str = ""
    constant: float
    weights: dict[str, float]
    threshold: float = Field(ge=0, le=1)
    risk: float = Field(ge=0, le=1)
    fitted_on: dict[str, str | int | float] = {}

    def probability(self, signals: Signals) -> float | None:
        """The probability, 0 to 1, that the answer is right; None if a signal that it needs is missing."""
        if any(name not in signals for name in self.weights):
            return None
        logit = self.constant + sum(weight * signals[name] for name, weight in self.weights.items())
        return round(1 / (1 + math.exp(-max(-50.0, min(50.0, logit)))), 4)


def load_calibration(file: Path) -> Calibration:
    """Read a calibration that ``python -m training confidence`` wrote.

    Raises:
        ConfigError: there is none in the file.
    """
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise ConfigError(
            f"can't read a calibration from {file}: {reason}; make one with `python -m training confidence "
            "RUN --out FILE`, or leave answering.calibration out"
        ) from error


@cache
def calibration_for(generator: str, embedder: str, adapter: str = "") -> Calibration | None:
    """The one of these models that comes with the program, if it does."""
    models = (generator, embedder, adapter)
    shipped = map(load_calibration, sorted(SHIPPED.glob("*.json")))
    return next((each for each in shipped if (each.generator, each.embedder, each.adapter) == models), None)


def signals_of(
    inquiry: Inquiry,
    evidence: Sequence[Evidence],
    stages: Sequence[Stage],
    resolved: Resolved,
    *,
    analyzer: Analyzer,
) -> dict[str, float]:
    """How well an answer and what was read fit the question, and how far ahead the best candidate was."""
    asked = set(analyzer.content_terms(inquiry.query))
    passages = [each.passage for each in evidence]
    read = [embedding_text(metadata_of(each)["context"], each.page_content) for each in passages]
    texts = [set(analyzer.content_terms(each)) for each in read]
    weights = rarity(asked, texts)
    cited = sorted({number for each in resolved.sentences for number in each.citations})
    crossing = False
    if cited:
        lang = metadata_of(passages[cited[0] - 1])["lang"]
        crossing = (inquiry.language == "zh") != (lang == "zh")
    quotes = [set(analyzer.content_terms(each.quote)) for each in resolved.citations]
    quoted = max((coverage(weights, each) for each in quotes), default=0.0)
    return {
        "cited rank": 1 / cited[0] if cited else 0.0,
        "quote coverage": _UNKNOWN if crossing else quoted,
        "lead": _lead(stages),
        "length": min(len(resolved.text), _LONG) / _LONG,
        "crossing": float(crossing),
    }


def likelihood_signals(likelihoods: Sequence[float], of: str = "") -> dict[str, float]:
    """The mean and the least of the natural logarithms of tokens' probabilities; none where none is known.

    ``of``: what their names begin with.
    """
    if not likelihoods:
        return {}
    tokens = [max(_LEAST_LIKELIHOOD, each) for each in likelihoods]
    return {f"{of}mean likelihood": sum(tokens) / len(tokens), f"{of}least likelihood": min(tokens)}


def _lead(stages: Sequence[Stage]) -> float:
    """By how much the best candidate's score is ahead: of all candidates, where the search told them."""
    stage = next((each for each in stages if each.name == "candidates"), None)
    stage = stage or next(iter(stages[-1:]), None)
    given = [each.metadata.get("score") for each in stage.passages] if stage is not None else []
    scores = [float(each) for each in given if each is not None]
    return scores[0] - scores[1] if len(scores) > 1 else 0.0
