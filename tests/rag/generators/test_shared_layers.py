"""The layers below the first that an adapter changes are read once for two readers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM

from rag.generators.adapter import AdaptedLinear, Switch
from rag.generators.decoding import Decoder, DecodingOptions
from rag.generators.shared_layers import SharedLayers, first_layer

PROMPT = [5, 17, 40, 41, 42, 17, 40, 9, 33, 17]
GREEDY = DecodingOptions(max_tokens=12)
END = frozenset({2})


class Twins:
    """Two decoders of one model whose adapters change its last layer, and how often its first one is read."""

    def __init__(self, folder: Path, *, share: bool) -> None:
        self.network: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
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
            width = self.network.config.hidden_size
            out = self.network.config.intermediate_size
            added = AdaptedLinear(base, torch.randn(2, width), torch.randn(out, 2), switch)
            layers[-1].mlp.up_proj = added
        self.first, self.second = (Decoder(self.network, END, switches, each, shared) for each in switches)


@pytest.fixture
def twins(tiny_generator_folder: Path) -> Iterator[tuple[Twins, Twins]]:
    yield Twins(tiny_generator_folder, share=True), Twins(tiny_generator_folder, share=False)


def written(decoder: Decoder, prompt: list[int]) -> list[int]:
    return [token for tokens in decoder.decode(prompt, GREEDY) for token in tokens]


def test_a_prompt_is_read_once_by_the_layers_that_are_shared(twins: tuple[Twins, Twins]) -> None:
    shared, _ = twins
    shared.first.continuation_probabilities(PROMPT, [[7]])
    assert sum(shared.read) == len(PROMPT)
    shared.second.continuation_probabilities(PROMPT, [[7]])
    assert sum(shared.read) == len(PROMPT)
    shared.second.continuation_probabilities([*PROMPT[:4], 8, 8], [[7]])
    assert sum(shared.read) == len(PROMPT) + 2  # what is new alone


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 2), st.lists(st.integers(3, 12), min_size=1, max_size=9)),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_read_in_whatever_order_is_what_would_be_read_without(
    tiny_generator_folder: Path, asked: list[tuple[bool, int, list[int]]]
) -> None:
    shared, alone = (Twins(tiny_generator_folder, share=each) for each in (True, False))
    for twins in (shared, alone):
        for each in (twins.first, twins.second):
            each._read_at_once = 4
    for first, way, rest in asked:
        prompt = [*PROMPT[:3], *rest]
        results = []
        for twins in (shared, alone):
            decoder = twins.first if first else twins.second
            if way == 0:
                results.append(written(decoder, prompt))
            elif way == 1:
                chances = decoder.continuation_probabilities(prompt, [[7], [5, 17]])
                results.append([round(each, 6) for each in chances])  # type: ignore[misc]
            else:
                decoder.warm(prompt)
        assert results[:1] == results[1:]


def test_a_reading_that_broke_off_is_read_again(twins: tuple[Twins, Twins]) -> None:
    shared, alone = twins
    last = shared.network.model.layers[-1]
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
