from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from transformers import AutoModelForCausalLM

from rag.errors import GenerationError, WeightsError
from rag.models.generator import adapter_digest, adapter_file, finder_file
from rag.models.generator.adapter import read_adapter, read_instructions
from rag.models.generator.transformers.adapted_linear import apply_adapter
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.settings import GeneratorSettings

MakeModel = Callable[..., TransformersChatModel]
MakeAdapter = Callable[..., Path]
TRAINED = "只根据资料回答。"
ANSWERED: list[BaseMessage] = [SystemMessage(TRAINED), HumanMessage("水泵多久清洗一次？")]
OTHER: list[BaseMessage] = [SystemMessage("请改写问题。"), HumanMessage("水泵多久清洗一次？")]


def test_an_adapter_counts_only_for_the_instructions_it_was_trained_for(
    make_model: MakeModel, make_adapter: MakeAdapter
) -> None:
    plain, adapted = make_model(), make_model(adapter=make_adapter())
    assert adapted.invoke(ANSWERED).text != plain.invoke(ANSWERED).text
    assert adapted.invoke(OTHER).text == plain.invoke(OTHER).text
    assert adapted.trained_instructions == {TRAINED}
    assert plain.trained_instructions == frozenset()


def test_what_was_read_with_the_adapter_isnt_reused_without_it(
    make_model: MakeModel, make_adapter: MakeAdapter
) -> None:
    file = make_adapter()
    alone = make_model(adapter=file).invoke(OTHER)
    model = make_model(adapter=file)
    answered = model.invoke(ANSWERED)
    model.warm([SystemMessage(TRAINED)])
    between = model.invoke(OTHER)
    again = model.invoke(ANSWERED)
    assert between.text == alone.text
    assert between.response_metadata["reused_tokens"] == 0
    assert again.text == answered.text
    assert again.response_metadata["reused_tokens"] > 0


@pytest.mark.parametrize("layers", [(0, 0), (1, 1), (1, 0)])  # the first that each changes
def test_a_second_adapter_finds_and_the_first_writes_as_if_it_were_alone(
    make_model: MakeModel, make_adapter: MakeAdapter, layers: tuple[int, int]
) -> None:
    first, second = make_adapter(first_layer=layers[0]), make_adapter("second", 1, layers[1])
    both = make_model(adapter=first, finder=second)
    alone = [make_model(adapter=each) for each in (first, second)]
    assert both.can_find and not alone[0].can_find
    both.warm([SystemMessage(TRAINED)])
    for _ in range(2):
        found = both.invoke(ANSWERED, finder=True)
        assert found.text == alone[1].invoke(ANSWERED).text
        assert both.invoke(ANSWERED).text == alone[0].invoke(ANSWERED).text != found.text
        assert both.invoke(OTHER).text == make_model().invoke(OTHER).text
    assert found.response_metadata["reused_tokens"] > 0
    chances = [each.first_token_probabilities(ANSWERED, ["水"])[0] for each in alone]
    assert both.first_token_probabilities(ANSWERED, ["水"]) == pytest.approx(chances[:1], rel=1e-4)
    assert both.first_token_probabilities(ANSWERED, ["水"], finder=True) == pytest.approx(
        chances[1:], rel=1e-4
    )


def test_a_conversation_that_only_quotes_the_instructions_is_answered_without_it(
    make_model: MakeModel, make_adapter: MakeAdapter
) -> None:
    quoted: list[BaseMessage] = [HumanMessage(TRAINED), AIMessage("好"), HumanMessage("水泵？")]
    assert make_model(adapter=make_adapter()).invoke(quoted).text == make_model().invoke(quoted).text


def test_additions_are_the_product_of_their_two_matrices(
    tiny_generator_folder: Path, make_adapter: MakeAdapter
) -> None:
    adapter = read_adapter(make_adapter())
    model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder)
    name = "model.layers.0.self_attn.q_proj"
    before = model.get_submodule(name)
    switch = apply_adapter(model, adapter)
    changed = model.get_submodule(name)
    states = torch.randn(3, model.config.hidden_size)
    assert torch.equal(changed(states), before(states))
    switch.on = True
    added = states @ (adapter.tensors[f"{name}.up"] @ adapter.tensors[f"{name}.down"]).T
    torch.testing.assert_close(changed(states), before(states) + added, rtol=1e-4, atol=1e-4)


def test_an_adapter_for_other_weights_is_refused_by_name(
    make_model: MakeModel, make_adapter: MakeAdapter
) -> None:
    file = make_adapter(base="0" * 64)
    with pytest.raises(GenerationError, match=r"made\.safetensors was trained on other weights.*\"none\""):
        make_model(adapter=file).invoke(ANSWERED)


@pytest.mark.parametrize("facts", [{"format": "9"}, {"format": ""}])
def test_an_adapter_of_another_format_is_refused_with_the_command_that_makes_one(
    make_adapter: MakeAdapter, facts: dict[str, str]
) -> None:
    with pytest.raises(WeightsError, match=r"python -m training generator"):
        read_instructions(make_adapter(**facts))


def test_a_damaged_or_missing_adapter_is_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"no tensors")
    for file in (damaged, tmp_path / "absent.safetensors"):
        with pytest.raises(WeightsError, match=rf"{file.name} can't be read.*generator\.adapter"):
            read_adapter(file)


def test_an_adapter_for_a_model_of_another_shape_is_refused(
    tiny_generator_folder: Path, make_adapter: MakeAdapter
) -> None:
    adapter = read_adapter(make_adapter())
    model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder)
    model.model.layers = model.model.layers[:1]
    with pytest.raises(WeightsError, match=r"is for another model, one with model\.layers\.1"):
        apply_adapter(model, adapter)


def test_the_finder_lies_beside_the_adapter_and_both_are_told_by_one_digest(tmp_path: Path) -> None:
    own = tmp_path / "own.safetensors"
    own.write_bytes(b"first")
    settings = GeneratorSettings(adapter=str(own))
    assert finder_file(settings) is None
    one = adapter_digest(settings)
    beside = tmp_path / "own.finder.safetensors"
    beside.write_bytes(b"second")
    assert finder_file(settings) == beside
    both = adapter_digest(settings)
    beside.write_bytes(b"third")
    assert len({one, both, adapter_digest(settings)}) == 3
    assert finder_file(GeneratorSettings(adapter="none")) is None
    assert adapter_digest(GeneratorSettings(adapter="none")) == ""


def test_settings_name_the_adapter(tmp_path: Path) -> None:
    own = tmp_path / "own.safetensors"
    with pytest.raises(WeightsError, match=r"no adapter .*own\.safetensors; correct generator\.adapter"):
        adapter_file(GeneratorSettings(adapter=str(own)))
    own.write_bytes(b"")
    assert adapter_file(GeneratorSettings(adapter=str(own))) == own
    assert adapter_file(GeneratorSettings(adapter="none")) is None
    assert adapter_file(GeneratorSettings(model=str(tmp_path))) is None
