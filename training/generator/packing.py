"""Many questions on the same passages read in one go: what is learned from, and what a reading gives.

What the cases of a group have in common is read once: behind it, each question and its answer see that and
themselves alone, at the positions they have by themselves; so each is read the same as in a row of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from langchain_core.messages import HumanMessage, SystemMessage
from torch import Tensor, nn

from rag.answering.prompt import wording_for
from rag.models.generator.transformers.chat_template import ChatTemplate
from training.generator.cases import Case

_DECISIVE = 5.0  # how much each of an answer's first two tokens counts: they say whether there is one
_Branch = tuple[list[int], int]  # tokens of the rest of a prompt and the answer, and where the answer begins


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens that the prompts of a group begin with, and what follows in each."""

    common: list[int]
    branches: tuple[_Branch, ...]

    def __len__(self) -> int:
        return len(self.common) + sum(len(tokens) for tokens, _ in self.branches)


def grouped(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases by group, in order of their first; those of no group by themselves."""
    groups: dict[str, list[Case]] = {}
    for number, each in enumerate(cases):
        groups.setdefault(each.group or f"\n{number}", []).append(each)
    return list(groups.values())


def example_of(cases: Sequence[Case], template: ChatTemplate, end: int) -> Example:
    """What is read of a group; ``end`` is the token that ends an answer."""
    instructions = SystemMessage(wording_for(cases[0].lang).instructions)
    prompts = [template.render([instructions, HumanMessage(each.prompt)]) for each in cases]
    common = 0
    while len({tuple(each[: common + 1]) for each in prompts}) == 1 and common < len(prompts[0]) - 1:
        common += 1
    branches = tuple(
        ([*prompt[common:], *template.encode(case.target), end], len(prompt) - common)
        for case, prompt in zip(cases, prompts, strict=True)
    )
    return Example(prompts[0][:common], branches)


def logits_of(model: Any, example: Example) -> list[Tensor]:
    """By branch, float32 (answer, vocabulary) logits of what stands at each place of its answer."""
    common = len(example.common)
    ids, positions = list(example.common), list(range(common))
    starts = []
    for tokens, _ in example.branches:
        starts.append(len(ids))
        ids += tokens
        positions += range(common, common + len(tokens))
    width = len(ids)
    seen = torch.ones(width, width, dtype=torch.bool).tril()
    for start, (tokens, _) in zip(starts, example.branches, strict=True):
        seen[start + len(tokens) :, start : start + len(tokens)] = False
    mask = torch.zeros(1, 1, width, width, dtype=model.dtype).masked_fill(~seen, torch.finfo(model.dtype).min)
    states: Tensor = model.model(
        input_ids=torch.tensor([ids]),
        position_ids=torch.tensor([positions]),
        attention_mask=mask,
        use_cache=False,
    ).last_hidden_state[0]
    return [
        model.lm_head(states[start + answer - 1 : start + len(tokens) - 1]).float()
        for start, (tokens, answer) in zip(starts, example.branches, strict=True)
    ]


def loss_of(model: Any, example: Example) -> Tensor:
    """The sum over a group's cases of the weighted mean loss of an answer's tokens."""
    losses = []
    for logits, (tokens, answer) in zip(logits_of(model, example), example.branches, strict=True):
        each = nn.functional.cross_entropy(logits, torch.tensor(tokens[answer:]), reduction="none")
        weights = torch.ones_like(each)
        weights[:2] = _DECISIVE
        losses.append((each * weights).sum() / weights.sum())
    return torch.stack(losses).sum()
