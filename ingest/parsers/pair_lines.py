"""Which lines of a question–answer pair's text are its question, its other phrasings, and its answer."""

from typing import NamedTuple


class PairLines(NamedTuple):
    """How many lines the parts of a pair have, from the top; the answer is what is left before ``more``."""

    question: int = 1
    phrasings: int = 0  # one a line
    more: int = 0  # what else is said of the pair, below its answer
