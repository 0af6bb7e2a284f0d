"""The decoding loop: read a prompt, write tokens, guess ahead, stop at once when told to.

A loop of our own rather than ``generate`` of transformers because three things have to meet in it: the prefix
cache (``prefix_cache``), guesses that are checked several at a time (``prompt_lookup``), and a reader who may
leave at any step, also while the prompt is read.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from rag.models.generator.transformers.prefix_cache import PrefixCache, crop
from rag.models.generator.transformers.prompt_lookup import PromptLookup

if TYPE_CHECKING:
    from rag.models.generator.transformers.adapted_linear import Switch
    from rag.models.generator.transformers.shared_layers import SharedLayers

_READ_AT_ONCE = {"cpu": 256}  # tokens of a prompt between two looks at whether the reader is still there
_READ_AT_ONCE_ON_GPU = 2048


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How to write. Temperature 0 is greedy; a seed of None means another one each time."""

    max_tokens: int
    temperature: float = 0.0
    seed: int | None = 0
    lookup_tokens: int = 0  # guessed ahead at each step; 0 turns guessing off
    avoid: tuple[int, ...] = ()  # tokens that the text must not begin with


class Decoder:
    """A causal language model with what it has read so far. Not thread-safe; its owner locks.

    ``end_tokens`` end the text; they are yielded. ``reused`` and ``steps`` tell of the last call: prompt
    tokens that didn't have to be read again, and passes through the model while writing. ``likelihoods``: the
    natural logarithm of each written token's probability, before any temperature. A model with adapters
    (``switches``) has one for each, and one without: what is read ``with_`` one is of no use without it, but
    for what its ``shared`` layers make of a prompt.
    """

    def __init__(
        self,
        model: Any,
        end_tokens: frozenset[int],
        switches: "Collection[Switch]" = (),
        with_: "Switch | None" = None,
        shared: "SharedLayers | None" = None,
    ) -> None:
        self._model = model
        self._switches = switches
        self._with = with_
        self._shared = shared
        self._prompt: list[int] = []  # what is read now
        self._end_tokens = end_tokens
        self._prefixes = PrefixCache(model.config.get_text_config(decoder=True))
        self._read_at_once = _READ_AT_ONCE.get(model.device.type, _READ_AT_ONCE_ON_GPU)
        self.reused = 0
        self.steps = 0
        self.likelihoods: list[float] = []

    def decode(
        self,
        prompt: Sequence[int],
        options: DecodingOptions,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[list[int], None, None]:
        """Yield the tokens that follow the prompt, one or several at a time.

        Neither guessing nor what was read before changes which tokens come: each is the one that the model
        chooses, greedily or by the same random numbers, after those before it. That is exact in float32.
        In bfloat16 two tokens are often equally likely to the last bit; then it depends on how many were
        read at a time.
        """
        choose = _chooser(options)
        tokens = list(prompt)
        self._prompt = list(prompt)
        lookup = PromptLookup(tokens) if options.lookup_tokens and self._prefixes.can_crop else None
        cache, self.reused = self._prefixes.take(tokens)
        self.steps = 0
        self.likelihoods = []
        ahead = options.lookup_tokens
        held = self.reused  # tokens whose keys and values are in the cache
        sound = True
        try:
            for piece in self._pieces(tokens[held:]):
                if cancelled():
                    break
                sound = False
                self._read(piece, cache)
                held, sound = held + len(piece), True
            budget = options.max_tokens
            while budget > 0 and not cancelled():
                # Not at the first step: what followed the template's marks before says nothing of an answer.
                guess = lookup.propose(min(ahead, budget - 1)) if lookup and self.steps else []
                sound = False
                logits = self._logits([*tokens[held:], *guess], cache, len(guess) + 1)
                if options.avoid:
                    self._avoid(logits, tuple(tokens[len(prompt) :]), options, cache)
                new = self._accept(logits, guess, choose)
                rows = logits[: len(new)].log_softmax(-1)
                self.likelihoods.extend(rows[range(len(new)), new].tolist())
                tokens.extend(new)
                held = len(tokens) - 1
                if guess:
                    crop(cache, held)
                sound = True
                if lookup:
                    lookup.extend(new)
                self.steps += 1
                budget -= len(new)
                yield new
                if new[-1] in self._end_tokens:
                    return
        finally:
            if sound:
                self._prefixes.keep(tokens[:held], cache)

    def _avoid(
        self, logits: torch.Tensor, begun: tuple[int, ...], options: DecodingOptions, cache: Any
    ) -> None:
        """Make the first row of ``logits`` what it is if the text doesn't begin with what is to be avoided.

        Its last token is ruled out behind the others; its first is only as likely as what else follows it.
        """
        first, *rest = options.avoid
        if begun == options.avoid[:-1]:
            with torch.inference_mode():
                logits[0, options.avoid[-1]] = float("-inf")
        elif not begun and self._prefixes.can_crop:
            if options.temperature <= 0 and int(logits[0].argmax()) != first:
                return  # it isn't chosen anyway
            read = cache.get_seq_length()
            rows = self._logits([first, *rest[:-1]], cache, len(rest)).log_softmax(-1)
            crop(cache, read)
            avoided = rows[range(len(rest)), rest].sum().exp().clamp(max=1.0)
            with torch.inference_mode():
                logits[0, first] += torch.log1p(-avoided)

    def warm(self, head: Sequence[int]) -> None:
        """Read the beginning of prompts to come and keep it until the process ends."""
        tokens = self._prompt = list(head)
        if not tokens or not self._prefixes.can_crop:
            return
        cache, held = self._prefixes.take(tokens)
        self._read(tokens[held:], cache)
        self._prefixes.pin(tokens, cache)
        self._prefixes.keep(tokens, cache)

    def continuation_probabilities(
        self, prompt: Sequence[int], continuations: Sequence[Sequence[int]]
    ) -> list[float]:
        """How likely the text after the prompt is to begin with each continuation, 0 to 1."""
        tokens = self._prompt = list(prompt)
        cache, held = self._prefixes.take(tokens)
        self.reused = held
        for piece in self._pieces(tokens[held:]):
            self._read(piece, cache)
            held += len(piece)
        first = self._logits(tokens[held:], cache, 1).log_softmax(-1)
        probabilities = []
        for continuation in continuations:
            rows = first
            if len(continuation) > 1:
                branch = cache if self._prefixes.can_crop else self._read_afresh(tokens)
                rest = self._logits(list(continuation[:-1]), branch, len(continuation) - 1)
                rows = torch.cat([first, rest.log_softmax(-1)])
                if self._prefixes.can_crop:
                    crop(cache, len(tokens))
            logs = rows[range(len(continuation)), list(continuation)]
            probabilities.append(float(logs.sum().exp()))
        self._prefixes.keep(tokens, cache)
        return probabilities

    def _pieces(self, tokens: list[int]) -> Iterator[list[int]]:
        """What is read before the last piece, in pieces; the last one is for whoever asks what follows."""
        for start in range(0, len(tokens) - self._read_at_once, self._read_at_once):
            yield tokens[start : start + self._read_at_once]

    def _read_afresh(self, tokens: list[int]) -> Any:
        cache = self._prefixes.new()
        self._read(tokens, cache)
        return cache

    def _read(self, tokens: list[int], cache: Any) -> None:
        """Put tokens into the cache without asking what follows them, which spares the output layer."""
        with self._reading(len(tokens), cache):
            self._model.base_model(input_ids=self._tensor(tokens), past_key_values=cache, use_cache=True)

    def _logits(self, tokens: list[int], cache: Any, last: int) -> torch.Tensor:
        """Read tokens; float32 (last, vocabulary) logits of what follows each of the last ones."""
        with self._reading(len(tokens), cache):
            output = self._model(
                input_ids=self._tensor(tokens), past_key_values=cache, use_cache=True, logits_to_keep=last
            )
            logits: torch.Tensor = output.logits[0, -last:].float()
        return logits

    @contextmanager
    def _reading(self, count: int, cache: Any) -> Iterator[None]:
        """Read so many tokens with the own adapter; where they are the prompt's, its shared layers once."""
        for each in self._switches:
            each.on = each is self._with
        held = cache.get_seq_length()
        if self._shared is not None and self._prefixes.can_crop and held + count <= len(self._prompt):
            self._shared.begin(self._prompt, held, held + count)
        try:
            with torch.inference_mode():
                yield
        finally:
            if self._shared is not None:
                self._shared.end()

    def _tensor(self, tokens: list[int]) -> torch.Tensor:
        return torch.tensor([tokens], device=self._model.device)

    def _accept(
        self, logits: torch.Tensor, guess: list[int], choose: Callable[[torch.Tensor], Iterator[int]]
    ) -> list[int]:
        """The model's own tokens, as far as the guess before each was right."""
        new: list[int] = []
        for token, guessed in zip(choose(logits), [*guess, None], strict=True):
            new.append(token)
            if token != guessed or token in self._end_tokens:
                break
        return new


def _chooser(options: DecodingOptions) -> Callable[[torch.Tensor], Iterator[int]]:
    """Chooses a token by each row of logits, in order, and only as far as it is asked for."""
    if options.temperature <= 0:
        return lambda logits: iter(logits.argmax(-1).tolist())
    generator = torch.Generator()
    if options.seed is None:
        generator.seed()
    else:
        generator.manual_seed(options.seed)
    temperature = options.temperature

    def sample(logits: torch.Tensor) -> Iterator[int]:
        for row in logits.cpu():  # the same random numbers on every device
            probabilities = torch.softmax(row / temperature, dim=-1)
            yield int(torch.multinomial(probabilities, 1, generator=generator))

    return sample
