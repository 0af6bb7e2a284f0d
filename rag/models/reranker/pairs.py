"""Questions and passages as a joint model reads them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

QUERY_TOKENS = 48  # what is longer is cut
PASSAGE_TOKENS = 208

Tokens = list[int]


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
