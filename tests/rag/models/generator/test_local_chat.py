"""What a local chat model promises, whichever engine runs it: each test runs on both."""

import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from rag.errors import GenerationError
from rag.models.generator.llama_cpp.model import LlamaCppChatModel
from rag.models.generator.transformers.chat import TransformersChatModel
from tests.rag.models.generator.conftest import TRAINED, MakeAdapter, MakeLocalModel

QUESTION = [SystemMessage("请根据资料回答。"), HumanMessage("水泵多久清洗一次？")]
ANSWERED = [SystemMessage(TRAINED), *QUESTION[1:]]


def joined(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return whole


def test_what_is_streamed_is_what_invoke_returns(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    chunks = list(model.stream(QUESTION))
    invoked = model.invoke(QUESTION)
    assert len(chunks) > 3
    assert joined(chunks).text == invoked.text != ""
    assert joined(chunks).usage_metadata == invoked.usage_metadata


def test_a_stop_string_ends_the_answer_before_it(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    whole = model.invoke(QUESTION).text
    stop = next(each for each in re.findall(r"[^\ufffd]{3}", whole)[1:])
    expected = whole.partition(stop)[0]
    for answer in (model.invoke(QUESTION, stop=[stop]), joined(list(model.stream(QUESTION, stop=[stop])))):
        assert answer.text == expected
        assert answer.response_metadata["finish_reason"] == "stop"


def test_equal_seeds_give_equal_answers_and_others_differ(make_local_model: MakeLocalModel) -> None:
    answers = [make_local_model(temperature=1.5, seed=seed).invoke(QUESTION).text for seed in (1, 2, 1, 3)]
    assert answers[0] == answers[2]
    assert len(set(answers)) == 3


def test_without_a_seed_answers_differ(make_local_model: MakeLocalModel) -> None:
    model = make_local_model(temperature=1.5, seed=None)
    assert len({model.invoke(QUESTION).text for _ in range(4)}) > 1


def test_a_reader_who_stops_reading_does_not_hold_up_the_next_question(
    make_local_model: MakeLocalModel,
) -> None:
    model = make_local_model()
    forgotten = model.stream(QUESTION)
    next(forgotten)
    assert model.invoke(QUESTION).text == make_local_model().invoke(QUESTION).text
    assert joined([*forgotten]).response_metadata["finish_reason"] in ("stop", "length")


def test_calls_from_many_threads_are_answered_as_if_each_were_alone(make_local_model: MakeLocalModel) -> None:
    questions = [[HumanMessage(f"Question {n}: which part?" * (n + 1))] for n in range(6)]
    expected = [make_local_model().invoke(question).text for question in questions]
    model = make_local_model()
    answers: dict[int, str] = {}

    def ask(n: int) -> None:
        answers[n] = (
            joined(list(model.stream(questions[n]))).text if n % 2 else model.invoke(questions[n]).text
        )

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[n] for n in range(6)] == expected


def test_a_prompt_longer_than_the_model_reads_is_refused(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    with pytest.raises(GenerationError, match=r"has [\d,]+ tokens and .* reads at most 512 .*; shorten"):
        model.invoke([HumanMessage("水泵" * 2000)])


@pytest.mark.parametrize(
    "message",
    [
        ToolMessage("4", tool_call_id="1"),
        HumanMessage([{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]),
    ],
)
def test_what_is_not_text_is_refused(make_local_model: MakeLocalModel, message: Any) -> None:
    with pytest.raises(GenerationError, match="text"):
        make_local_model().invoke([message])


def test_text_blocks_and_named_roles_are_read_like_plain_messages(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    blocks = [
        ChatMessage(role="system", content="请根据资料回答。"),
        HumanMessage([{"type": "text", "text": "水泵多久清洗一次？"}]),
    ]
    assert model.invoke(blocks).text == model.invoke(QUESTION).text


def test_an_unknown_option_of_a_call_is_refused(make_local_model: MakeLocalModel) -> None:
    with pytest.raises(TypeError, match="top_k"):
        make_local_model().invoke(QUESTION, top_k=3)


def test_the_model_is_loaded_when_first_used_and_once(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    assert model._loaded is None
    model.load()
    loaded = model._model()
    model.invoke(QUESTION)
    assert model._model() is loaded


def test_probabilities_of_first_words_are_the_models_own(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    words = ["a", "是", "The pump", "资料中没有相关信息。"]
    probabilities = model.first_token_probabilities(QUESTION, words)
    assert all(0 < each < 1 for each in probabilities)
    assert len(set(probabilities)) == len(words)
    model.invoke(QUESTION)
    assert model.first_token_probabilities(QUESTION, words) == pytest.approx(probabilities, rel=1e-4)
    with pytest.raises(ValueError, match="empty"):
        model.first_token_probabilities(QUESTION, ["a", ""])


async def test_it_streams_to_async_readers_too(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    chunks = [chunk async for chunk in model.astream(QUESTION)]
    assert joined(chunks).text == model.invoke(QUESTION).text


def test_an_answer_tells_its_tokens_its_end_and_its_time(make_local_model: MakeLocalModel) -> None:
    answer = make_local_model(max_tokens=7).invoke(QUESTION)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 7
    assert answer.usage_metadata["input_tokens"] > 20
    metadata = answer.response_metadata
    assert (metadata["model_name"], metadata["finish_reason"]) == ("tiny", "length")
    assert 0 < metadata["timings_ms"]["first_token"] <= metadata["timings_ms"]["total"]
    assert 0 < len(metadata["likelihoods"]) <= 7 and max(metadata["likelihoods"]) < 0


def test_a_control_tokens_name_in_a_message_ends_nothing(make_local_model: MakeLocalModel) -> None:
    model = make_local_model(max_tokens=1)

    def read(text: str) -> int:
        answer = model.invoke([SystemMessage("s"), HumanMessage(text)])
        assert answer.usage_metadata is not None
        return answer.usage_metadata["input_tokens"]

    names = ("<|im_end|>", "<|im_start|>system", "<|endoftext|>")
    for name in names:
        assert read(f"a {name} b") > read("a b") + 3  # letters, not one token
    assert read("a \ud800 b") == read("a ? b")


def test_what_conversations_begin_with_alike_is_read_once(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    head = [SystemMessage("Answer from the passages."), HumanMessage("Example?"), AIMessage("Example [1].")]
    model.warm(head)
    asked = [*head, *QUESTION[1:]]
    answer = model.invoke(asked)
    assert answer.usage_metadata is not None
    behind_head = answer.usage_metadata["input_tokens"] - answer.response_metadata["reused_tokens"]
    assert 0 < behind_head < 40 < answer.response_metadata["reused_tokens"]
    model.invoke(QUESTION)  # begins otherwise
    again = model.invoke(asked)
    assert again.response_metadata["reused_tokens"] >= answer.response_metadata["reused_tokens"]
    assert again.text == answer.text == make_local_model().invoke(asked).text


def test_an_answer_ends_where_the_models_context_does(make_local_model: MakeLocalModel) -> None:
    answer = make_local_model(max_tokens=10_000).invoke([HumanMessage("水" * 100)])
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] <= 512


def test_an_answer_does_not_begin_with_the_text_that_a_call_says(make_local_model: MakeLocalModel) -> None:
    model = make_local_model(max_tokens=4)
    asked = ([HumanMessage(each)] for each in "abcdefghijklmnopqrstuvwxyz")
    begun = {model.invoke(question, max_tokens=1).text: question for question in asked}
    whole = {text: question for text, question in begun.items() if len(model.get_token_ids(text)) == 1}
    assert whole
    for text, question in whole.items():
        assert model.invoke(question, avoid=text).text != model.invoke(question).text


def test_a_beginning_of_two_tokens_is_avoided(make_local_model: MakeLocalModel) -> None:
    model = make_local_model()
    avoided = 0
    for letter in "abcdefghijklmnop":
        question = [HumanMessage(letter)]
        one, two = (model.invoke(question, max_tokens=tokens).text for tokens in (1, 2))
        tokens = model.get_token_ids(two)
        if len(tokens) != 2 or model.get_token_ids(one) != tokens[:1]:
            continue  # it isn't cut into the tokens that it was written in
        avoided += 1
        assert not model.invoke(question, max_tokens=4, avoid=two).text.startswith(two)
        assert model.invoke(question, max_tokens=2, avoid="保修期为两年").text == two
    assert avoided


def test_closing_a_stream_ends_at_once(make_local_model: MakeLocalModel) -> None:
    model = make_local_model(max_tokens=400)
    stream = model.stream(QUESTION)
    next(stream)
    left = time.monotonic()
    stream.close()  # type: ignore[attr-defined]
    assert time.monotonic() - left < 5  # a whole answer may take longer where all is slow
    for thread in threading.enumerate():
        if thread.name == "generator":
            thread.join(30)
            assert not thread.is_alive()
    assert model.invoke(QUESTION, max_tokens=3).text == make_local_model(max_tokens=3).invoke(QUESTION).text


def test_adapters_answer_what_they_were_trained_for(
    make_local_model: MakeLocalModel, make_adapter: MakeAdapter
) -> None:
    plain = make_local_model()
    model = make_local_model(adapter=make_adapter("writer", 1), finder=make_adapter("finder", 2))
    texts = [
        model.invoke(ANSWERED).text,
        model.invoke(ANSWERED, finder=True).text,
        plain.invoke(ANSWERED).text,
    ]
    assert len(set(texts)) == 3
    assert model.invoke(QUESTION).text == plain.invoke(QUESTION).text
    assert [model.invoke(ANSWERED).text, model.invoke(ANSWERED, finder=True).text] == texts[:2]
    assert model.trained_instructions == {TRAINED} and model.can_find and not plain.can_find


def test_an_adapter_of_another_model_is_refused(
    make_local_model: MakeLocalModel, make_adapter: MakeAdapter
) -> None:
    other = make_adapter("other", base="0" * 64)
    with pytest.raises(GenerationError, match=r"was trained on other weights than those in .*adapter"):
        make_local_model(adapter=other).load()


def test_both_engines_read_and_write_alike(tiny_generator_folder: Path, tiny_gguf: Path) -> None:
    one = TransformersChatModel(
        folder=tiny_generator_folder, model_name="t", device="cpu", dtype="float32", max_tokens=12
    )
    other = LlamaCppChatModel(file=tiny_gguf, model_name="g", device="cpu", max_tokens=12)
    words = ["a", "是", "The pump", "资料中没有"]
    for question in (QUESTION, [HumanMessage("How often is the pump cleaned?")]):
        expected = one.first_token_probabilities(question, words)
        assert other.first_token_probabilities(question, words) == pytest.approx(expected, rel=0.1, abs=1e-9)
        found, wanted = (each.invoke(question) for each in (other, one))
        assert found.usage_metadata is not None and wanted.usage_metadata is not None
        assert found.usage_metadata["input_tokens"] == wanted.usage_metadata["input_tokens"]
        assert found.text[:2] == wanted.text[:2]
    assert one.get_token_ids("水泵 pump 2") == other.get_token_ids("水泵 pump 2")
