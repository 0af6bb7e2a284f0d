"""The layers below the first that an adapter changes are read once for two readers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import Qwen2Config, Qwen2ForCausalLM

from rag.models.generator.transformers.adapted_linear import AdaptedLinear, Switch
from rag.models.generator.transformers.decoding import Decoder, DecodingOptions
from rag.models.generator.transformers.shared_layers import SharedLayers, first_layer

PROMPT = [5, 17, 40, 41, 42, 17, 40, 9, 33, 17]
GREEDY = DecodingOptions(max_tokens=12)
END = frozenset({2})
CONFIG = Qwen2Config(
    vocab_size=64,
    hidden_size=16,
    intermediate_size=32,
    num_hidden_layers=4,
    num_attention_heads=2,
    num_key_value_heads=1,
    initializer_range=0.6,
)


class Twins:
    """Two decoders of one model whose adapters change its last layer, and how often its first one is read."""

    def __init__(self, *, share: bool) -> None:
        torch.manual_seed(7)
        self.network: Any = Qwen2ForCausalLM(CONFIG)  # it has no dropout
        layers = self.network.model.layers
        self.read: list[int] = []
        own = layers[0].forward

        def counted(states: torch.Tensor, **options: Any) -> torch.Tensor:
            self.read.append(states.shape[1])
            result: torch.Tensor = own(states, **options)
            return result

        layers[0].forward = counted
        shared = SharedLayers(layers, len(layers) - 1) if share else None
        switches = [Switch(), Switch()]
        for seed, switch in enumerate(switches):
            torch.manual_seed(seed)
            base = layers[-1].mlp.up_proj
            added = AdaptedLinear(base, torch.randn(2, 16), torch.randn(32, 2), switch)
            layers[-1].mlp.up_proj = added
        self.first, self.second = (Decoder(self.network, END, switches, each, shared) for each in switches)


@pytest.fixture
def twins() -> Iterator[tuple[Twins, Twins]]:
    yield Twins(share=True), Twins(share=False)


def written(decoder: Decoder, prompt: list[int], options: DecodingOptions = GREEDY) -> list[int]:
    return [token for tokens in decoder.decode(prompt, options) for token in tokens]


def test_a_prompt_is_read_once_by_the_layers_that_are_shared(twins: tuple[Twins, Twins]) -> None:
    shared, _ = twins
    shared.first.continuation_probabilities(PROMPT, [[7]])
    assert sum(shared.read) == len(PROMPT)
    shared.second.continuation_probabilities(PROMPT, [[7]])
    assert sum(shared.read) == len(PROMPT)


def test_what_only_one_has_read_before_is_not_in_the_way(twins: tuple[Twins, Twins]) -> None:
    shared, _ = twins
    for each in (shared.first, shared.second):
        each.warm(PROMPT[:3])
    for prompt in (PROMPT, [*PROMPT[:6], 8, 8]):  # the second doesn't read the first prompt
        shared.first.continuation_probabilities(prompt, [[7]])
    assert sum(shared.read) == len(PROMPT) + 2
    shared.second.continuation_probabilities([*PROMPT[:6], 8, 8], [[7]])
    assert sum(shared.read) == len(PROMPT) + 2


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 4), st.lists(st.integers(3, 12), min_size=1, max_size=9)),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_read_in_whatever_order_is_what_would_be_read_without(
    asked: list[tuple[bool, int, list[int]]],
) -> None:
    both = [Twins(share=True), Twins(share=False)]
    for first, way, rest in asked:
        prompt = [*PROMPT[:3], *rest]
        results: list[list[float]] = []
        for twins in both:
            decoder = twins.first if first else twins.second
            decoder._read_at_once = 4
            if way == 0:
                results.append([*written(decoder, prompt)])
            elif way == 1:
                guessing = replace(GREEDY, lookup_tokens=3, avoid=tuple(written(decoder, prompt)[:2]))
                results.append([*written(decoder, prompt, guessing)])
            elif way == 2:
                chances = decoder.continuation_probabilities(prompt, [[7], [5, 17]])
                results.append([round(each, 6) for each in chances])
            elif way == 3:
                decoder.warm(prompt)
            else:  # who reads leaves after the first piece
                looks = iter([False])
                list(decoder.decode(prompt, GREEDY, lambda looks=looks: next(looks, True)))  # type: ignore[misc]
        assert results[:1] == results[1:]


@pytest.mark.parametrize("layer", [0, 1, -1])
def test_a_reading_that_broke_off_is_read_again(layer: int) -> None:
    shared, alone = Twins(share=True), Twins(share=False)
    last = shared.network.model.layers[layer]
    own = last.forward
    last.forward = lambda *rest, **options: (_ for _ in ()).throw(RuntimeError("no memory left"))
    with pytest.raises(RuntimeError, match="no memory"):
        written(shared.first, PROMPT)
    last.forward = own
    assert written(shared.second, PROMPT) == written(alone.second, PROMPT)
    assert written(shared.first, PROMPT) == written(alone.first, PROMPT)


def test_the_first_layer_is_told_by_the_names_of_the_matrices() -> None:
    assert first_layer(["model.layers.12.mlp.up_proj.down", "model.layers.7.self_attn.q_proj.up"]) == 7
    assert first_layer([]) == 0
