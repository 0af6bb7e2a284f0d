"""Groups as tensors: what is read, and what is right for every token and passage."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from rag.models.reader.input import InputMaker, ReaderInput
from rag.models.reader.network import KINDS
from rag.text.sentences import split_sentences
from training.reader.groups import Group, Piece
from training.reader.sources import Span

_SORTED_TOGETHER = 400  # groups: among so many, those of like length share batches
_WITH_SPANS = ("span", "list")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A piece with its tokens. Sets of positions in ``read.tokens``; None where nobody knows."""

    read: ReaderInput
    relevant: bool
    kind: int  # of `KINDS`; -1 of a passage that doesn't answer
    starts: frozenset[int]
    ends: frozenset[int]
    inside: frozenset[int] | None
    evidence: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Example:
    """A group's pieces. ``has_spans``: whether it is known where the answer stands, or that there is none."""

    pieces: tuple[Labelled, ...]
    has_spans: bool

    @property
    def longest(self) -> int:
        """Tokens of the longest piece."""
        return max(len(each.read.tokens) for each in self.pieces)


def example_of(group: Group, maker: InputMaker) -> Example | None:
    """The example of a group; None where cutting a passage cut all of its answer off."""
    inputs = maker.make(group.question, [(each.context, each.text) for each in group.pieces])
    pieces = [_labelled(group, each, read) for each, read in zip(group.pieces, inputs, strict=True)]
    has_spans = group.kind in _WITH_SPANS or not group.kind
    if has_spans and group.kind and not any(each.starts for each in pieces):
        return None
    return Example(tuple(pieces), has_spans)


def _labelled(group: Group, piece: Piece, read: ReaderInput) -> Labelled:
    tokens = [found for span in piece.spans if (found := _tokens_of(span, read))]
    evidence = piece.evidence
    if piece.spans and not evidence:
        sentences = split_sentences(piece.text, rows=True)
        evidence = tuple(
            (a, b) for a, b in sentences if any(a < end and start < b for start, end in piece.spans)
        )
    tells_spans = group.kind in _WITH_SPANS or not piece.relevant
    tells_evidence = evidence is not None
    within = frozenset(position for first, last in tokens for position in range(first, last + 1))
    said = [found for span in evidence or () if (found := _tokens_of(span, read))]
    return Labelled(
        read,
        piece.relevant,
        KINDS.index(group.kind) if piece.relevant else -1,
        frozenset(first for first, _ in tokens),
        frozenset(last for _, last in tokens),
        within if tells_spans else None,
        frozenset(position for first, last in said for position in range(first, last + 1))
        if tells_evidence
        else None,
    )


def _tokens_of(span: Span, read: ReaderInput) -> Span | None:
    """The positions of the first and the last token of a span; None if it was cut off."""
    start, end = span
    if not read.offsets or end > read.offsets[-1][1]:
        return None
    touched = [place for place, (a, b) in enumerate(read.offsets) if a < end and start < b and b > a]
    return (read.first + touched[0], read.first + touched[-1]) if touched else None


def batches_of(examples: Sequence[Example], most_tokens: int, seed: str) -> Iterator[list[Example]]:
    """One epoch in batches of like length, so many that a batch, padded, has at most so many tokens."""
    chance = random.Random(seed)
    order = list(examples)
    chance.shuffle(order)
    batches: list[list[Example]] = []
    for first in range(0, len(order), _SORTED_TOGETHER):
        together = sorted(order[first : first + _SORTED_TOGETHER], key=lambda each: each.longest)
        batch: list[Example] = []
        for each in together:
            pieces = sum(len(other.pieces) for other in batch) + len(each.pieces)
            if batch and pieces * each.longest > most_tokens:
                batches.append(batch)
                batch = []
            batch.append(each)
        batches.append(batch)
    chance.shuffle(batches)
    return iter(batches)


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Tensors of a batch.

    Of shape (pieces, length): ``tokens``, ``mask``, ``text`` (which tokens are the passage's) and labels; of
    shape (pieces,): ``group``, ``has_spans``, ``relevant``, ``kind`` and which labels are known.
    """
    pieces = [(number, each, piece) for number, each in enumerate(batch) for piece in each.pieces]
    length = max(len(piece.read.tokens) for _, _, piece in pieces)
    shape = (len(pieces), length)
    out = {name: torch.zeros(shape) for name in ("text", "starts", "ends", "inside", "evidence")}
    out |= {"tokens": torch.ones(shape, dtype=torch.long), "mask": torch.zeros(shape, dtype=torch.long)}
    for row, (_, _, piece) in enumerate(pieces):
        read = piece.read
        out["tokens"][row, : len(read.tokens)] = torch.tensor(read.tokens)
        out["mask"][row, : len(read.tokens)] = 1
        out["text"][row, read.first : read.first + len(read.offsets)] = 1
        for name in ("starts", "ends", "inside", "evidence"):
            if positions := getattr(piece, name):
                out[name][row, list(positions)] = 1
    out["group"] = torch.tensor([number for number, _, _ in pieces])
    out["has_spans"] = torch.tensor([each.has_spans for _, each, _ in pieces])
    out["relevant"] = torch.tensor([float(piece.relevant) for _, _, piece in pieces])
    out["kind"] = torch.tensor([piece.kind for _, _, piece in pieces])
    out["knows_inside"] = torch.tensor([piece.inside is not None for _, _, piece in pieces])
    out["knows_evidence"] = torch.tensor([piece.evidence is not None for _, _, piece in pieces])
    return out
