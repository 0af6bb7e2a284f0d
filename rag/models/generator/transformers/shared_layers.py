"""The layers that no adapter changes, read once for all of a model's readers.

Adapters change a model from some layer on. What the layers below make of a prompt is the same whichever of
them is switched on, so the second reader of a prompt begins where they end. It reads the same as without
this, but for rounding where the first one read another number of tokens at a time.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

_Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(slots=True)
class _Reading:
    """What the lower layers made of the tokens from ``start`` on of those that were read.

    ``pairs``: of each layer the new keys and values, (1, heads, tokens, dimensions); ``states``: what the
    last one gives, (1, tokens, width).
    """

    tokens: list[int] = field(default_factory=list)
    start: int = 0
    pairs: list[_Pair] = field(default_factory=list)
    states: torch.Tensor | None = None


class SharedLayers:
    """The first ``count`` layers of a model, with what they made of the prompt that was read last.

    The layers are changed in place. Not thread-safe; the model's owner locks.
    """

    def __init__(self, layers: Iterable[Any], count: int) -> None:
        self._count = count
        self._last = _Reading()
        self._now: _Reading | None = None  # what is being recorded
        self._span: slice | None = None  # what is given again, of the last reading
        for index, layer in zip(range(count), layers, strict=False):
            layer.forward = self._forward(layer.forward, index)

    def begin(self, prompt: Sequence[int], start: int, end: int) -> None:
        """Say that the tokens from ``start`` to ``end`` of a prompt are read next, in one go."""
        tokens, last = list(prompt[:end]), self._last
        known = last.states is not None and last.tokens[:end] == tokens
        if known and last.start <= start:
            self._now, self._span = None, slice(start - last.start, end - last.start)
        else:
            self._now, self._span = _Reading(tokens, start), None

    def end(self) -> None:
        """Say that they have been read, or that something else is read next."""
        if self._now is not None and self._now.states is not None:
            self._last = self._joined(self._now)
        self._now = self._span = None

    def _joined(self, new: _Reading) -> _Reading:
        """What was read before of the same prompt with what was read now behind it, or the new one alone."""
        last = self._last
        if last.states is None or new.states is None or last.start > new.start:
            return new
        if last.tokens[: new.start] != new.tokens[: new.start]:
            return new
        held = slice(0, new.start - last.start)
        pairs = [
            (
                torch.cat([keys[..., held, :], more_keys], -2),
                torch.cat([values[..., held, :], more_values], -2),
            )
            for (keys, values), (more_keys, more_values) in zip(last.pairs, new.pairs, strict=True)
        ]
        return _Reading(new.tokens, last.start, pairs, torch.cat([last.states[:, held], new.states], -2))

    def _forward(self, read: Callable[..., torch.Tensor], index: int) -> Callable[..., torch.Tensor]:
        def forward(states: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
            if (span := self._span) is not None:
                keys, values = self._last.pairs[index]
                options["past_key_values"].update(keys[..., span, :], values[..., span, :], index)
                again = self._last.states if index == self._count - 1 else None
                return states if again is None else again[:, span]
            result = read(states, *rest, **options)
            if (now := self._now) is not None:
                kept = options["past_key_values"].layers[index]
                count = states.shape[1]
                now.pairs.append((kept.keys[..., -count:, :], kept.values[..., -count:, :]))
                if index == self._count - 1:
                    now.states = result
            return result

        return forward


def first_layer(names: Iterable[str]) -> int:
    """The first layer that is named in names of matrices ("model.layers.12.mlp.up_proj"); 0 if none is."""
    found = [int(match.group(1)) for name in names if (match := re.search(r"\blayers\.(\d+)\.", name))]
    return min(found, default=0)
