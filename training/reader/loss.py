"""What the reader is trained to make small: one loss for each thing that it says."""

from collections.abc import Mapping

import torch
from torch.nn import functional

WEIGHTS = {"span": 1.0, "relevance": 0.5, "ranking": 0.5, "inside": 2.0, "evidence": 1.0, "kind": 0.2}


def losses_of(
    token_scores: torch.Tensor, passage_scores: torch.Tensor, batch: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The losses by name.

    Args:
        token_scores: (pieces, length, 4), as `ReaderNetwork` gives them.
        passage_scores: (pieces, 1 + kinds).
        batch: what `training.reader.batches.collate` gives.
    """
    tokens, passages = token_scores.float(), passage_scores.float()
    group, relevant = batch["group"], batch["relevant"]
    groups = int(group.max()) + 1
    spans = [
        _span_loss(tokens[..., at], batch, batch[name], groups) for at, name in enumerate(("starts", "ends"))
    ]
    return {
        "span": torch.stack(spans).mean(),
        "relevance": functional.binary_cross_entropy_with_logits(passages[:, 0], relevant),
        "ranking": _ranking_loss(passages[:, 0], relevant, group, groups),
        "inside": _token_loss(tokens[..., 2], batch, "inside"),
        "evidence": _token_loss(tokens[..., 3], batch, "evidence"),
        "kind": functional.cross_entropy(passages[:, 1:], batch["kind"], ignore_index=-1)
        if bool((batch["kind"] >= 0).any())
        else passages.sum() * 0,
    }


def _span_loss(
    scores: torch.Tensor, batch: Mapping[str, torch.Tensor], right: torch.Tensor, groups: int
) -> torch.Tensor:
    """How unlikely the right places are among all of a group's and the null, whose score is 0."""
    nowhere = torch.finfo(torch.float32).min
    of_text = torch.where(batch["text"] > 0, scores, nowhere)
    all_places = torch.logsumexp(of_text, 1)
    right_places = torch.logsumexp(torch.where(right > 0, of_text, nowhere), 1)
    known = batch["has_spans"]
    found = []
    for number in range(groups):
        rows = (batch["group"] == number) & known
        if not bool(rows.any()):
            continue
        null = scores.new_zeros(1)
        total = torch.logsumexp(torch.cat([all_places[rows], null]), 0)
        rightly = torch.logsumexp(right_places[rows], 0) if bool((right[rows] > 0).any()) else null[0]
        found.append(total - rightly)
    return torch.stack(found).mean() if found else scores.sum() * 0


def _ranking_loss(
    scores: torch.Tensor, relevant: torch.Tensor, group: torch.Tensor, groups: int
) -> torch.Tensor:
    """How unlikely the relevant passages are among their group's."""
    found = []
    for number in range(groups):
        rows = group == number
        if bool((relevant[rows] > 0).any()) and bool((relevant[rows] == 0).any()):
            found.append(torch.logsumexp(scores[rows], 0) - torch.logsumexp(scores[rows & (relevant > 0)], 0))
    return torch.stack(found).mean() if found else scores.sum() * 0


def _token_loss(scores: torch.Tensor, batch: Mapping[str, torch.Tensor], name: str) -> torch.Tensor:
    counted = batch["text"] * batch[f"knows_{name}"].unsqueeze(1)
    loss = functional.binary_cross_entropy_with_logits(scores, batch[name], reduction="none")
    return (loss * counted).sum() / counted.sum().clamp(min=1)
