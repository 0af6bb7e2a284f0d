"""What training makes is what the generator takes; the real command, on the tiny generator."""

from pathlib import Path

import pytest
import torch
from langchain_core.messages import HumanMessage, SystemMessage

from rag.answering.prompt import wording_for
from rag.errors import TrainingError
from rag.models.generator.adapter import read_adapter
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.models.generator.transformers.chat_template import ChatTemplate
from training.generator.cases import Case
from training.generator.packing import example_of, grouped, loss_of
from training.generator.train import Options, _learn, train

PROMPT = "资料：\n[1] 水泵每 250 小时清洗一次。\n\n问题：水泵多久清洗一次？"
CASE = Case("set", "水泵多久清洗一次？", "zh", PROMPT, "每 250 小时[1]。", "written")


def answer(folder: Path, adapter: Path | None) -> str:
    model = TransformersChatModel(
        folder=folder, model_name="tiny", device="cpu", dtype="float32", max_tokens=24, adapter=adapter
    )
    messages = [SystemMessage(wording_for("zh").instructions), HumanMessage(PROMPT)]
    return str(model.invoke(messages).text)


def test_what_was_trained_is_said_and_only_with_the_adapter(
    tiny_generator_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made.safetensors"
    options = Options(str(tiny_generator_folder), first_layer=0, epochs=60, batch=1, learning_rate=0.02)
    train([CASE], out, options)
    assert answer(tiny_generator_folder, out) == CASE.target
    assert answer(tiny_generator_folder, None) != CASE.target
    assert read_adapter(out).instructions == {each: wording_for(each).instructions for each in ("zh", "en")}


def test_training_goes_on_from_an_adapter_and_not_from_one_of_another_shape(
    tiny_generator_folder: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    options = Options(str(tiny_generator_folder), first_layer=0, epochs=60, batch=1, learning_rate=0.02)
    train([CASE], first, options)
    little = Options(str(tiny_generator_folder), first_layer=0, epochs=1, batch=1, learning_rate=1e-6)
    train([CASE], second, little, first)
    assert answer(tiny_generator_folder, second) == CASE.target
    with pytest.raises(TrainingError, match="other matrices"):
        other = Options(str(tiny_generator_folder), first_layer=1, epochs=1, batch=1)
        train([CASE], tmp_path / "third.safetensors", other, first)


def test_a_stopped_training_goes_on_where_it_was_and_another_kind_is_refused(
    tiny_generator_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(str(tiny_generator_folder), first_layer=0, epochs=6, batch=1)
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    train([CASE], whole, options)
    monkeypatch.setattr("training.generator.train.SAVE_EVERY", 3)
    learn = "training.generator.train._learn"
    steps: list[object] = []

    def interrupted(*args: object) -> float:
        if len(steps) == 4:
            raise KeyboardInterrupt
        steps.append(args)
        return _learn(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(learn, interrupted)
    with pytest.raises(KeyboardInterrupt):
        train([CASE], stopped, options)
    monkeypatch.setattr(learn, _learn)
    train([CASE], stopped, options)
    assert {name: value.tolist() for name, value in read_adapter(whole).tensors.items()} == {
        name: value.tolist() for name, value in read_adapter(stopped).tensors.items()
    }
    with pytest.raises(TrainingError, match="another kind of run"):
        train([CASE], stopped, Options(str(tiny_generator_folder), first_layer=0, epochs=6, batch=1, seed=1))


def test_a_case_learns_the_same_in_a_group_as_by_itself(tiny_generator_folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    others = ("水泵有多重？", "水泵是谁造的？")
    cases = [
        Case(
            "set",
            asked,
            "zh",
            PROMPT.replace(CASE.question, asked),
            wording_for("zh").decline,
            "decline",
            group="g",
        )
        for asked in others
    ]
    cases.insert(1, Case("set", CASE.question, "zh", PROMPT, CASE.target, "written", group="g"))
    tokenizer = AutoTokenizer.from_pretrained(tiny_generator_folder)
    template = ChatTemplate(tokenizer, "tiny")
    model = AutoModelForCausalLM.from_pretrained(tiny_generator_folder, dtype=torch.float32)
    together = example_of(cases, template, tokenizer.eos_token_id)
    alone = [example_of([each], template, tokenizer.eos_token_id) for each in cases]
    assert len(together) < sum(len(each) for each in alone)
    with torch.inference_mode():
        losses = [float(loss_of(model, each)) for each in alone]
        assert float(loss_of(model, together)) == pytest.approx(sum(losses), rel=1e-4)
    assert len(set(losses)) == len(losses)


def test_cases_of_no_group_are_learned_by_themselves() -> None:
    of_group = Case(CASE.set_name, CASE.question, "zh", PROMPT, CASE.target, "written", group="g")
    assert grouped([CASE, of_group, CASE, of_group]) == [[CASE], [of_group, of_group], [CASE]]
