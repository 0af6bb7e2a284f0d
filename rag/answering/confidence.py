"""How probable it is that an answer is right, and from when on one is worth giving.

A logistic regression over ``signals``, fitted on answers whose rightness is known by
``python -m training confidence RUN``. What it has learned holds for the generator and the embedder it was
fitted with; other ones have other likelihoods and scores, so without a calibration of theirs there is no
figure.
"""

import json
import math
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.answering.signals import Signals
from rag.errors import ConfigError

SHIPPED = Path(__file__).with_name("calibrations")


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
        return Calibration.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(
            f"can't read the calibration {file}: {error.strerror}; make one with `python -m training "
            "confidence RUN --out FILE`, or leave answering.calibration out"
        ) from error
    except (ValueError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"{file} is no calibration: {reason}; "
            "make one with `python -m training confidence RUN --out FILE`"
        ) from error


@cache
def shipped_calibrations() -> tuple[Calibration, ...]:
    """Those that come with the program, for its own models."""
    return tuple(load_calibration(file) for file in sorted(SHIPPED.glob("*.json")))


def calibration_for(generator: str, embedder: str, adapter: str = "") -> Calibration | None:
    """The one of these models that comes with the program, if it does."""
    return next(
        (
            each
            for each in shipped_calibrations()
            if (each.generator, each.embedder, each.adapter) == (generator, embedder, adapter)
        ),
        None,
    )
