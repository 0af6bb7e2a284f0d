import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from rag.models.generator.transformers.decoding import Decoder, DecodingOptions

PROMPT = [5, 17, 40, 41, 42, 17, 40, 9, 33, 17]
GREEDY = DecodingOptions(max_tokens=30)
SAMPLED = DecodingOptions(max_tokens=30, temperature=1.3, seed=5)
MakeDecoder = Callable[[], Decoder]


@pytest.fixture(scope="module")
def network(tiny_generator_folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_generator_folder, dtype=torch.float32)


@pytest.fixture
def make_decoder(network: Any) -> MakeDecoder:
    return lambda: Decoder(network, frozenset({2}))


def written(decoder: Decoder, prompt: list[int], options: DecodingOptions) -> list[int]:
    return [token for tokens in decoder.decode(prompt, options) for token in tokens]


def reference(network: Any, prompt: list[int], count: int) -> list[int]:
    """Greedy decoding without a cache: the whole text is read again for each token."""
    tokens = list(prompt)
    with torch.no_grad():
        while len(tokens) < len(prompt) + count and tokens[-1] != 2:
            tokens.append(int(network(torch.tensor([tokens])).logits[0, -1].argmax()))
    return tokens[len(prompt) :]


def test_greedy_decoding_writes_what_the_model_prefers(make_decoder: MakeDecoder, network: Any) -> None:
    assert written(make_decoder(), PROMPT, GREEDY) == reference(network, PROMPT, 30)


def test_what_is_avoided_is_not_begun_with_unless_something_else_follows(
    make_decoder: MakeDecoder, network: Any
) -> None:
    first, second = reference(network, PROMPT, 2)
    with torch.no_grad():
        rows = network(torch.tensor([[*PROMPT, first]])).logits[0, -2:].softmax(-1)
    left = float(rows[0, first] * (1 - rows[1, second]))
    rows[0, first] = 0
    other = int(rows[0].argmax())
    text = written(make_decoder(), PROMPT, replace(GREEDY, avoid=(first, second)))
    assert text[0] == (first if left > float(rows[0, other]) else other)
    assert text[:2] != [first, second]
    assert written(make_decoder(), PROMPT, replace(GREEDY, avoid=(first,)))[0] == other
    never = replace(GREEDY, avoid=(other, second))
    assert written(make_decoder(), PROMPT, never) == written(make_decoder(), PROMPT, GREEDY)


@pytest.mark.parametrize("options", [GREEDY, SAMPLED])
@pytest.mark.parametrize("ahead", [1, 3, 10])
def test_guessing_ahead_leaves_the_text_unchanged(
    make_decoder: MakeDecoder, options: DecodingOptions, ahead: int
) -> None:
    looping = PROMPT * 4
    plain = written(make_decoder(), looping, options)
    guessing = DecodingOptions(options.max_tokens, options.temperature, options.seed, lookup_tokens=ahead)
    assert written(make_decoder(), looping, guessing) == plain


def test_right_guesses_save_steps(network: Any) -> None:
    bigrams = copy.deepcopy(network)  # without attention the next token depends on the last one alone
    for layer in bigrams.base_model.layers:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
    decoder = Decoder(bigrams, frozenset())
    walk = written(decoder, [30], GREEDY)
    prompt = [30, *walk, 30]  # the answer stands in the prompt, as it does in a passage
    assert written(decoder, prompt, GREEDY) == walk
    assert decoder.steps == 30
    assert written(decoder, prompt, DecodingOptions(30, lookup_tokens=10)) == walk
    assert decoder.steps <= 5


def test_what_was_read_before_is_not_read_again_and_changes_nothing(make_decoder: MakeDecoder) -> None:
    head = [7, 8, 9, 10, 11, 12]
    decoder = make_decoder()
    written(decoder, [*head, 50, 51], GREEDY)
    assert decoder.reused == 0
    for tail in ([60, 61, 62], [60, 99], [50, 51]):
        assert written(decoder, [*head, *tail], GREEDY) == written(make_decoder(), [*head, *tail], GREEDY)
        assert decoder.reused >= len(head)


def test_a_prompt_that_was_wholly_read_can_be_answered_again(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()
    first = written(decoder, PROMPT, GREEDY)
    assert written(decoder, PROMPT, GREEDY) == first
    assert decoder.reused == len(PROMPT) - 1
    shorter = PROMPT[:4]
    assert written(decoder, shorter, GREEDY) == written(make_decoder(), shorter, GREEDY)


def test_a_warmed_head_outlives_other_prompts(make_decoder: MakeDecoder) -> None:
    heads = [list(range(100 * n, 100 * n + 20)) for n in (1, 2)]
    decoder = make_decoder()
    for head in heads:
        decoder.warm(head)
    for head in (heads[0], heads[1], [3, 4, 5], heads[0]):
        prompt = [*head, 50, 51]
        assert written(decoder, prompt, GREEDY) == written(make_decoder(), prompt, GREEDY)
        assert decoder.reused == (20 if head in heads else 0)


def test_a_long_prompt_is_read_in_pieces_with_the_same_result(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()
    decoder._read_at_once = 7
    prompt = PROMPT * 3
    assert written(decoder, prompt, GREEDY) == written(make_decoder(), prompt, GREEDY)


def test_a_reader_who_leaves_ends_the_reading_of_a_long_prompt(
    make_decoder: MakeDecoder, network: Any
) -> None:
    decoder = make_decoder()
    decoder._read_at_once = 5
    reads: list[int] = []
    hook = network.base_model.register_forward_pre_hook(
        lambda _module, _args, kwargs: reads.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    try:
        assert list(decoder.decode(PROMPT * 10, GREEDY, lambda: len(reads) >= 2)) == []
    finally:
        hook.remove()
    assert reads == [5, 5]


def test_a_failure_leaves_no_half_written_cache(make_decoder: MakeDecoder, network: Any) -> None:
    decoder = make_decoder()
    stream = decoder.decode(PROMPT, GREEDY)
    next(stream)

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    hook = network.base_model.layers[1].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        next(stream)
    hook.remove()
    assert written(decoder, PROMPT, GREEDY) == written(make_decoder(), PROMPT, GREEDY)
    assert decoder.reused in (0, len(PROMPT) - 1)


def test_no_more_tokens_come_than_were_asked_for(make_decoder: MakeDecoder) -> None:
    for count in (1, 2, 5):
        options = DecodingOptions(count, lookup_tokens=10)
        assert len(written(make_decoder(), PROMPT * 3, options)) == count


def test_continuations_have_the_probabilities_that_the_model_gives_them(
    make_decoder: MakeDecoder, network: Any
) -> None:
    def chain(continuation: list[int]) -> float:
        tokens, probability = list(PROMPT), 1.0
        with torch.no_grad():
            for token in continuation:
                probability *= float(network(torch.tensor([tokens])).logits[0, -1].softmax(-1)[token])
                tokens.append(token)
        return probability

    decoder = make_decoder()
    continuations = [[30], [40, 41], [40, 42, 43], [30]]
    expected = [chain(each) for each in continuations]
    assert decoder.continuation_probabilities(PROMPT, continuations) == pytest.approx(expected, rel=1e-4)
    assert written(decoder, PROMPT, GREEDY) == written(make_decoder(), PROMPT, GREEDY)
    single = decoder.continuation_probabilities(
        PROMPT, [[token] for token in range(network.config.vocab_size)]
    )
    assert sum(single) == pytest.approx(1.0, rel=1e-4)


def test_layers_that_forget_are_read_anew_each_time(network: Any) -> None:
    config = type(network.config)(
        **{
            **network.config.to_dict(),
            "use_sliding_window": True,
            "sliding_window": 4,
            "max_window_layers": 0,
            "layer_types": ["sliding_attention"] * 2,
        }
    )
    with torch.random.fork_rng():
        torch.manual_seed(3)
        windowed = type(network)(config).eval()
    decoder = Decoder(windowed, frozenset({2}))
    options = DecodingOptions(20, lookup_tokens=10)
    first = written(decoder, PROMPT * 2, options)
    assert written(decoder, PROMPT * 2, options) == first
    assert decoder.reused == 0
    probabilities = decoder.continuation_probabilities(PROMPT, [first[:1], [30, 31]])
    assert all(0 < each < 1 for each in probabilities)


@pytest.mark.parametrize("options", [GREEDY, SAMPLED])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_text_doesnt_begin_with_what_is_to_be_avoided_and_nothing_else_changes(
    make_decoder: MakeDecoder, options: DecodingOptions, length: int
) -> None:
    freely = written(make_decoder(), PROMPT, options)
    avoiding = replace(options, avoid=tuple(freely[:length]), lookup_tokens=10)
    other = written(make_decoder(), PROMPT, avoiding)
    assert other[: length - 1] == freely[: length - 1]
    assert other[length - 1] != freely[length - 1]
    elsewhere = replace(options, avoid=(*freely[: length - 1], 7, 7))
    assert written(make_decoder(), PROMPT, elsewhere) == freely
