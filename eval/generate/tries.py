"""What is to be generated, and what came of each try."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rag.errors import EvalError

Kind = Literal["generated", "near-miss"]


@dataclass(frozen=True, slots=True)
class GeneratePlan:
    """``questions`` in all, of which the share ``unanswerable`` (0 to 1) are near misses.

    ``evidence_tokens`` bounds what the generator reads of a passage, as in the product.
    """

    questions: int = 50
    unanswerable: float = 0.3
    seed: int = 0
    evidence_tokens: int = 480

    def __post_init__(self) -> None:
        if self.questions < 1:
            raise EvalError(f"at least one question is needed, not {self.questions}")
        if not 0 <= self.unanswerable < 1:
            raise EvalError(f"the share that can't be answered is from 0 to below 1, not {self.unanswerable}")

    @property
    def near_misses(self) -> int:
        """How many near misses are wanted."""
        return round(self.questions * self.unanswerable)

    @property
    def answerable(self) -> int:
        """How many questions with an answer are wanted."""
        return self.questions - self.near_misses


@dataclass(frozen=True, slots=True)
class Try:
    """One try: a ``record`` (a line of the file of questions), or the ``reason`` why there is none.

    ``focus`` says what was tried, and is tried once: of a generated question the passage's id and the number
    of its sentence, of a near miss the id of the question that it is made from. ``reply`` is what the
    generator wrote.
    """

    kind: Kind
    focus: str
    reason: str | None = None
    record: Mapping[str, Any] | None = None
    reply: str = ""
