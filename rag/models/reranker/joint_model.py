"""A cross-encoder on top of the embedder's own encoder: question and passage are read together.

The first layers of the encoder, changed by low-rank additions to their matrices (Hu et al., "LoRA", ICLR
2022), read the pair; the score is what a linear map says of the first token, and how well each token of the
question is met by some token of the passage (after Khattab and Zaharia, "ColBERT", SIGIR 2020).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

MATCHED_DIMENSIONS = 64
_SCALE = 10.0  # of a cosine, so that the difference of two weighs in a softmax

Tokens = list[int]


class JointHead(nn.Module):
    """From the encoder's output for pairs to a score for each."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(hidden, 1)
        self.match = nn.Linear(hidden, MATCHED_DIMENSIONS, bias=False)
        self.weight = nn.Linear(hidden, 1)

    def forward(self, states: Tensor, of_query: Tensor, of_passage: Tensor) -> Tensor:
        """Scores, shape (pairs,), from states (pairs, tokens, hidden) and masks of which token is whose."""
        matched = nn.functional.normalize(self.match(states), dim=-1)
        likeness = matched @ matched.transpose(1, 2)
        best = likeness.masked_fill(~of_passage[:, None, :], -1.0).amax(dim=2)
        weights = nn.functional.softplus(self.weight(states).squeeze(-1)) * of_query
        met = (weights * best).sum(dim=1) / weights.sum(dim=1).clamp_min(1e-6)
        scores: Tensor = _SCALE * met + self.first(states[:, 0]).squeeze(-1)
        return scores


class JointModel(nn.Module):
    """An encoder (a transformers ``BertModel``, cut to its first layers) and a head."""

    def __init__(self, encoder: Any, head: JointHead) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, of_query: Tensor, of_passage: Tensor
    ) -> Tensor:
        """Scores of pairs, shape (pairs,), in float32; all inputs (pairs, tokens)."""
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        scores: Tensor = self.head(output.last_hidden_state.float(), of_query, of_passage)
        return scores


def adapted_matrices(encoder: Any) -> Iterator[tuple[str, nn.Linear]]:
    """The names and matrices that an adapter changes: every one in the encoder's layers."""
    for name, module in encoder.named_modules():
        if name.startswith("encoder.layer.") and isinstance(module, nn.Linear):
            yield name, module


def first_layers(encoder: Any, layers: int) -> Any:
    """An encoder of the first layers, whose weights are the given one's own, not copies."""
    configuration = type(encoder.config).from_dict({**encoder.config.to_dict(), "num_hidden_layers": layers})
    with torch.device("meta"):
        cut = type(encoder)(configuration, add_pooling_layer=False)
    state = encoder.state_dict()
    own = {name: state[name] for name in cut.state_dict()}
    cut.load_state_dict(own, assign=True)
    for name, buffer in encoder.named_buffers():  # positions aren't part of a state
        holder, _, last = name.rpartition(".")
        cut.get_submodule(holder).register_buffer(last, buffer, persistent=False)
    return cut.eval()


def merge_adapter(encoder: Any, adapter: Mapping[str, Tensor]) -> None:
    """Give the encoder's matrices their additions; matrices that change are replaced, not written to."""
    for name, module in adapted_matrices(encoder):
        down, up = adapter[f"{name}.down"].float(), adapter[f"{name}.up"].float()
        merged = module.weight.detach().float() + (up @ down).to(module.weight.device)
        module.weight = nn.Parameter(merged.to(module.weight.dtype), requires_grad=False)


def tokenize(tokenizer: Any, texts: Sequence[str], most: int) -> list[Tokens]:
    """The first ``most`` tokens of each text, without special ones."""
    # half of a surrogate pair isn't text for a tokenizer
    whole = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    if not whole:
        return []
    encoded = tokenizer(whole, add_special_tokens=False, truncation=True, max_length=most, verbose=False)
    return [list(each) for each in encoded["input_ids"]]


def join_pairs(
    tokenizer: Any, pairs: Sequence[tuple[Tokens, Tokens]]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Input ids, attention mask, and which tokens are the question's and the passage's: (pairs, tokens)."""
    start = [] if tokenizer.cls_token_id is None else [tokenizer.cls_token_id]
    end = tokenizer.eos_token_id if tokenizer.sep_token_id is None else tokenizer.sep_token_id
    rows = [[*start, *query, end, end, *passage, end] for query, passage in pairs]
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), tokenizer.pad_token_id, dtype=torch.long)
    read, of_query, of_passage = (torch.zeros(len(rows), longest, dtype=torch.bool) for _ in range(3))
    for row, (tokens, (query, passage)) in enumerate(zip(rows, pairs, strict=True)):
        ids[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
        read[row, : len(tokens)] = True
        after_query = len(start) + len(query)
        of_query[row, len(start) : after_query] = True
        of_passage[row, after_query + 2 : after_query + 2 + len(passage)] = True
    return ids, read.long(), of_query, of_passage
