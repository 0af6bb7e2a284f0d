"""Keep what a model has read, so that the next prompt is read only from where it differs.

A decoder's keys and values of a token depend on the tokens before it alone, so those of a common beginning
can be used again. The last prompt is kept, and fixed heads of prompts may be pinned beside it.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

_PINNED = 8  # heads; the oldest gives way. A 1.5B model keeps about 28 KB a token


@dataclass(slots=True)
class _Entry:
    tokens: list[int]
    cache: DynamicCache


class PrefixCache:
    """Keys and values of the last prompt and of pinned heads. Not thread-safe; its owner locks."""

    def __init__(self, config: PreTrainedConfig) -> None:
        self._config = config
        self._last: _Entry | None = None
        self._pinned: list[_Entry] = []
        # Sliding-window and recurrent layers forget, so they can't be cut back to an earlier token.
        self.can_crop = all(type(layer) is DynamicLayer for layer in self.new().layers)

    def new(self) -> DynamicCache:
        """An empty cache for the model."""
        return DynamicCache(config=self._config)

    def take(self, tokens: Sequence[int]) -> tuple[DynamicCache, int]:
        """A cache that holds a beginning of ``tokens``, and how many tokens that is.

        At least one token is left to be read, since the model says what follows the last one that it reads.
        The cache becomes the caller's: one that is not given back with ``keep`` is lost, which is what should
        happen to a cache that an error left half written.
        """
        last, self._last = self._last, None
        if not self.can_crop:
            return self.new(), 0
        candidates = ([last] if last is not None else []) + self._pinned
        best = max(candidates, key=lambda entry: _common(entry.tokens, tokens), default=None)
        common = min(_common(best.tokens, tokens), len(tokens) - 1) if best is not None else 0
        if best is None or common <= 0:
            return self.new(), 0
        cache = best.cache if best is last else copy.deepcopy(best.cache)
        crop(cache, common)
        return cache, common

    def keep(self, tokens: Sequence[int], cache: DynamicCache) -> None:
        """Keep the cache, which holds exactly ``tokens``, for the next prompt."""
        self._last = _Entry(list(tokens), cache)

    def pin(self, tokens: Sequence[int], cache: DynamicCache) -> None:
        """Keep a copy of the cache, which holds exactly ``tokens``, whatever prompts come after."""
        if self.can_crop and not any(entry.tokens == list(tokens) for entry in self._pinned):
            self._pinned = [*self._pinned[1 - _PINNED :], _Entry(list(tokens), copy.deepcopy(cache))]


def crop(cache: DynamicCache, length: int) -> None:
    """Cut the cache back to its first ``length`` tokens."""
    surplus = cache.get_seq_length() - length
    if surplus > 0:
        cache.crop(-surplus)


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
