"""How texts are shared out in batches: of like length, within a budget of tokens, in the model's own form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_CACHED_TOKENS = 2048  # of a batch, padding included; half and twice as many were slower


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes through the model together. ``rows`` are the texts' places in what was shared out."""

    rows: list[int]
    features: dict[str, Any]  # what the model's ``preprocess`` gave for these rows, without needless padding


def share_out(features: Mapping[str, Any], texts: int, most_texts: int, sharers: int) -> list[Batch]:
    """The rows of ``features`` in batches, the longest texts first.

    Args:
        features: what the model's ``preprocess`` gave for all the texts.
        texts: how many they are.
        most_texts: of a batch.
        sharers: how many threads are going to work on the batches; for 1, only ``most_texts`` counts.
    """
    mask = features.get("attention_mask")
    if mask is None or any(hasattr(each, "shape") and each.shape != mask.shape for each in features.values()):
        return [Batch(list(range(texts)), dict(features))]  # a model with inputs of another kind
    lengths = [int(length) for length in mask.sum(dim=1)]
    fair_share = -(-sum(lengths) // sharers)
    most_tokens = min(_CACHED_TOKENS, fair_share) if sharers > 1 else None
    batches = []
    for rows in _batches(lengths, most_texts, most_tokens):
        used = mask[rows].any(dim=0)
        parts = {
            name: value[rows][:, used] if hasattr(value, "shape") else value
            for name, value in features.items()
        }
        batches.append(Batch(rows, parts))
    return batches


def _batches(lengths: Sequence[int], most_texts: int, most_tokens: int | None) -> Iterator[list[int]]:
    """Places of texts, the longest first, so many that the batch, padded, holds at most ``most_tokens``."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        too_long = batch and most_tokens and (len(batch) + 1) * lengths[batch[0]] > most_tokens
        if len(batch) == most_texts or too_long:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
