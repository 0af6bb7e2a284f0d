"""What a reranker is, and how much of it fits into a given time."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag.text.language import approximate_tokens

_NEW = 0.3  # what the latest measurement weighs in the pace
_HOPE = 1.25  # by which the pace is taken to have risen when there was no time to measure it


class Pace:
    """How many tokens a millisecond are read, as it was seen lately; None before anything was."""

    def __init__(self) -> None:
        self.tokens_per_ms: float | None = None

    def measured(self, tokens: int, milliseconds: float) -> None:
        """Take a measurement in."""
        seen = tokens / max(milliseconds, 1e-3)
        self.tokens_per_ms = (
            seen if self.tokens_per_ms is None else (1 - _NEW) * self.tokens_per_ms + _NEW * seen
        )

    def missed(self) -> None:
        """Nothing was read for want of time: a slow moment isn't held against the machine for ever."""
        if self.tokens_per_ms is not None:
            self.tokens_per_ms *= _HOPE


@runtime_checkable
class Reranker(Protocol):
    """A model that reads a question and a passage together.

    ``languages`` are those that it reads; None: all. ``weight`` is what one of its scores' points is worth
    beside those of the product's own retrieval; ``foreign_bonus`` is what a passage in the other language
    gets when it was read: retrieval is wary of those, as it can't read. ``query_tokens`` and
    ``passage_tokens`` are the most that it reads of each. ``pace`` is remembered here by whoever uses it.
    """

    languages: frozenset[str] | None
    weight: float
    foreign_bonus: float
    pace: Pace
    query_tokens: int
    passage_tokens: int

    def load(self) -> None:
        """Have everything in memory, so that scoring can be timed.

        Raises:
            WeightsError: the model can't be loaded.
        """

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the query, shape (texts,); only differences mean something.

        Raises:
            WeightsError: the model can't be loaded.
        """


def reads(reranker: Reranker, language: str) -> bool:
    """Whether the reranker reads texts in that language."""
    return reranker.languages is None or language in reranker.languages


def reading_cost(reranker: Reranker, query: str, text: str) -> int:
    """About how many tokens the reranker reads of the pair."""
    return (
        min(approximate_tokens(query), reranker.query_tokens)
        + min(approximate_tokens(text), reranker.passage_tokens)
        + 4
    )
