"""The reader's network: an encoder, and linear layers that say what each token and each passage is.

For every token: whether an answer starts there, ends there, whether it belongs to an answer (for answers of
several pieces; Segal et al., "A Simple and Effective Model for Answering Multi-span Questions", EMNLP 2020)
and whether it belongs to a sentence that is evidence. For the passage, from its first token: whether it
answers (Nogueira and Cho, "Passage Re-ranking with BERT", 2019) and what kind of answer it gives. Starts and
ends compete with those of the question's other passages and with a null of 0 (Clark and Gardner, "Simple and
Effective Multi-Paragraph Reading Comprehension", ACL 2018), so scores can be compared between passages.
"""

from typing import Any

import torch
from torch import nn

TOKEN_SIGNS = ("start", "end", "inside", "evidence")
KINDS = ("span", "list", "yes", "no", "explanation")


class ReaderNetwork(nn.Module):
    """An encoder of transformers (``last_hidden_state``) with the reader's layers.

    ``forward`` takes tokens and mask, (passages, length), and gives token scores (passages, length, 4), in
    the order of `TOKEN_SIGNS`, and passage scores (passages, 1 + kinds): relevance, then `KINDS`.
    """

    def __init__(self, encoder: Any, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.tokens = nn.Linear(width, len(TOKEN_SIGNS))
        self.hidden = nn.Linear(width, width)
        self.passage = nn.Linear(width, 1 + len(KINDS))

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See the class."""
        states = self.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        first = torch.tanh(self.hidden(states[:, 0]))
        return self.tokens(states), self.passage(first)
