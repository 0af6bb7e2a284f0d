"""What the reader says of a question's passages, from its network's scores.

The scores of places in all passages are normalized together with a null (Clark and Gardner 2018), so a
passage's probability of holding the answer can be compared with another's, and with that of none holding it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.models.reader.input import ReaderInput
from rag.text.sentences import Span, split_sentences

_LONGEST = 64  # tokens of a span
_STARTS = 8  # places, the likeliest, at which a passage's spans may start or end
_PIECE = 0.0  # the score from which on a token belongs to an answer
_FEWEST = 2  # pieces that make a list

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """Where an answer may stand, in code points of the passage's text. ``score``: a logarithm."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class PassageReading:
    """One passage. ``relevance``: how likely it answers, 0 to 1.

    ``spans``: where, the likeliest first. ``pieces``: an answer of several pieces, in order; none where it is
    of one. ``evidence``: the passage's sentences with how likely each answers, 0 to 1. ``kinds``: how likely
    an answer from it is of each of the network's `KINDS`.
    """

    relevance: float
    spans: tuple[FoundSpan, ...]
    pieces: tuple[Span, ...]
    evidence: tuple[tuple[Span, float], ...]
    kinds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A question's passages, in the order given. ``nowhere``: how likely no span in any answers, 0 to 1;
    ``likelihoods``: of each passage's best span, likewise."""

    passages: tuple[PassageReading, ...]
    nowhere: float
    likelihoods: tuple[float, ...]


def reading_of(
    inputs: Sequence[ReaderInput], texts: Sequence[str], scores: Sequence[tuple[Scores, Scores]]
) -> Reading:
    """What the scores say.

    Args:
        inputs: what was read.
        texts: the passages' texts.
        scores: of each passage, of tokens (length, 4) and of the passage (1 + kinds,), as the network gives.
    """
    places = [
        found[read.first : read.first + len(read.offsets)]
        for read, (found, _) in zip(inputs, scores, strict=True)
    ]
    totals = [_log_sum([0.0, *(float(each) for found in places for each in found[:, at])]) for at in (0, 1)]
    passages = tuple(
        _passage_reading(read, text, found, of_passage)
        for read, text, found, (_, of_passage) in zip(inputs, texts, places, scores, strict=True)
    )
    likelihoods = tuple(
        math.exp((each.spans[0].score - sum(totals)) / 2) if each.spans else 0.0 for each in passages
    )
    return Reading(passages, math.exp(-sum(totals) / 2), likelihoods)


def _passage_reading(read: ReaderInput, text: str, found: Scores, of_passage: Scores) -> PassageReading:
    kinds = np.exp(of_passage[1:] - _log_sum(of_passage[1:].tolist()))
    return PassageReading(
        _sigmoid(float(of_passage[0])),
        tuple(_spans(read, text, found)),
        _pieces(read, text, found),
        tuple(_evidence(read, text, found)),
        tuple(kinds.tolist()),
    )


def _spans(read: ReaderInput, text: str, found: Scores) -> Iterator[FoundSpan]:
    """The likeliest spans, none of which overlaps a likelier one."""
    starts, ends = (np.argsort(-found[:, at])[:_STARTS].tolist() for at in (0, 1))
    pairs = [
        (float(found[start, 0] + found[end, 1]), start, end)
        for start in starts
        for end in ends
        if start <= end < start + _LONGEST
    ]
    taken: list[tuple[int, int]] = []
    for score, first, last in sorted(pairs, reverse=True):
        if all(last < begin or first > end for begin, end in taken):
            taken.append((first, last))
            start, stop = _trimmed(text, read.offsets[first][0], read.offsets[last][1])
            if start < stop:
                yield FoundSpan(start, stop, score)


def _pieces(read: ReaderInput, text: str, found: Scores) -> tuple[Span, ...]:
    """Runs of tokens that belong to an answer; a run ends where a cell or a sentence does."""
    runs: list[tuple[int, int]] = []
    for place in np.flatnonzero(found[:, 2] > _PIECE).tolist():
        start, end = read.offsets[place]
        if runs and start <= runs[-1][1] + 1 and "\n" not in text[runs[-1][1] : start]:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    pieces = [Span(*_trimmed(text, *each)) for each in runs]
    pieces = [each for each in pieces if each.start < each.end]
    return tuple(pieces) if len(pieces) >= _FEWEST else ()


def _evidence(read: ReaderInput, text: str, found: Scores) -> Iterator[tuple[Span, float]]:
    for sentence in split_sentences(text, rows=True):
        tokens = [
            place
            for place, (start, end) in enumerate(read.offsets)
            if start < sentence.end and sentence.start < end
        ]
        if tokens:
            yield sentence, _sigmoid(float(found[tokens, 3].mean()))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))


def _log_sum(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(each - most) for each in values))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, value))))
