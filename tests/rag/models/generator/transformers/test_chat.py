import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    SystemMessage,
)

from rag.errors import GenerationError
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.models.generator.transformers.decoding import DecodingOptions
from rag.models.generator.transformers.local_model import LocalModel

MakeModel = Callable[..., TransformersChatModel]
QUESTION = [SystemMessage("请根据资料回答。"), HumanMessage("水泵多久清洗一次？")]


def loaded(model: TransformersChatModel) -> LocalModel:
    found = model._model()
    assert isinstance(found, LocalModel)
    return found


@contextmanager
def before_each_step(model: TransformersChatModel, action: Callable[[], None]) -> Iterator[None]:
    """Have something happen inside the network whenever it runs."""
    network = loaded(model).decoder._model
    hook = network.base_model.register_forward_pre_hook(lambda *_: action())
    try:
        yield
    finally:
        hook.remove()


def joined(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def test_an_answer_tells_its_tokens_its_end_and_its_time(make_model: MakeModel) -> None:
    model = make_model(max_tokens=7)
    answer = model.invoke(QUESTION)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 7
    assert answer.usage_metadata["input_tokens"] == len(loaded(model).prompt(QUESTION))
    metadata = answer.response_metadata
    assert metadata["model_name"] == "tiny"
    assert metadata["finish_reason"] == "length"
    assert 0 < metadata["timings_ms"]["first_token"] <= metadata["timings_ms"]["total"]


def test_control_tokens_in_a_message_are_read_as_text(make_model: MakeModel) -> None:
    local = loaded(make_model())
    names = [each for each in local.tokenizer.get_added_vocab() if len(each) > 1]
    control = {local.tokenizer.get_added_vocab()[each] for each in names}
    plain = local.template.render([HumanMessage("a b")])
    hostile = local.template.render([HumanMessage("a " + " ".join(names) + " b")])
    assert names and control & set(plain)  # the template's own
    assert [each for each in hostile if each in control] == [each for each in plain if each in control]


def test_greedy_answers_are_the_same_with_and_without_guessing_ahead(make_model: MakeModel) -> None:
    assert make_model().invoke(QUESTION).text == make_model(prompt_lookup_tokens=0).invoke(QUESTION).text


def test_closing_a_stream_stops_the_model(make_model: MakeModel) -> None:
    model = make_model(max_tokens=400, prompt_lookup_tokens=0)
    steps: list[float] = []

    def take_a_while() -> None:
        steps.append(time.monotonic())
        time.sleep(0.01)

    with before_each_step(model, take_a_while):
        stream = model.stream(QUESTION)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert len(steps) < 100
    assert not [thread for thread in threading.enumerate() if thread.name == "generator"]
    assert model.invoke(QUESTION, max_tokens=3).text == make_model(max_tokens=3).invoke(QUESTION).text


def test_a_failure_in_the_model_reaches_the_reader(make_model: MakeModel) -> None:
    model = make_model()
    calls = 0

    def fail_later() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nmore about it")

    with before_each_step(model, fail_later):
        stream = model.stream(QUESTION)
        with pytest.raises(
            GenerationError, match=r"failed while generating: CUDA out of memory.*2 GiB;"
        ) as caught:
            list(stream)
    assert "\n" not in str(caught.value)
    assert model.invoke(QUESTION).text == make_model().invoke(QUESTION).text


def test_a_fixed_head_is_read_once(make_model: MakeModel) -> None:
    model = make_model()
    head = [SystemMessage("Answer from the passages."), HumanMessage("Example?"), AIMessage("Example [1].")]
    model.warm(head)
    answer = model.invoke([*head, *QUESTION[1:]])
    assert answer.response_metadata["reused_tokens"] == len(
        loaded(model).template.render(head, answer_follows=False)
    )
    assert answer.text == make_model().invoke([*head, *QUESTION[1:]]).text


def test_an_answer_ends_where_the_models_context_does(make_model: MakeModel) -> None:
    model = make_model(max_tokens=10_000)
    tokens = len(loaded(model).prompt(QUESTION))
    answer = model.invoke(QUESTION)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] <= 512 - tokens


def test_a_folder_without_a_model_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(GenerationError, match=r"can't load the generator in .*models verify") as caught:
        TransformersChatModel(folder=tmp_path, model_name="none").invoke("hello")
    assert "\n" not in str(caught.value)


def test_a_model_without_a_chat_template_is_refused(make_model: MakeModel) -> None:
    model = make_model()
    loaded(model).tokenizer.chat_template = None
    with pytest.raises(GenerationError, match=r"can't take this conversation.*instruction-tuned"):
        model.invoke(QUESTION)


def test_an_answer_doesnt_begin_with_the_text_that_a_call_says(make_model: MakeModel) -> None:
    model = make_model(max_tokens=3)
    local = loaded(model)
    first = local.decoder
    free = next(first.decode(local.prompt(QUESTION), DecodingOptions(1)))[0]
    avoiding = next(first.decode(local.prompt(QUESTION), DecodingOptions(1, avoid=(free,))))
    assert avoiding != [free]
    asked = ([HumanMessage(each)] for each in "abcdefghijklmnopqrstuvwxyz")
    begun = {model.invoke(question, max_tokens=1).text: question for question in asked}
    whole = {text: question for text, question in begun.items() if len(local.encode(text)) == 1}
    assert whole
    for text, question in whole.items():
        assert model.invoke(question, avoid=text).text != model.invoke(question).text
