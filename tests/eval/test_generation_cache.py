"""A generation is paid for once, and never mistaken for another."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field

from eval.generation_cache import CachedGenerator, cached_generator
from rag.build import build_generator
from rag.settings import GeneratorSettings


class CountingModel(BaseChatModel):
    """Streams how often it was asked, in two pieces."""

    asked: list[int] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "counting"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.asked.append(1)
        yield ChatGenerationChunk(message=AIMessageChunk(content="answer "))
        usage = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
        last = AIMessageChunk(
            content=str(len(self.asked)),
            usage_metadata=usage,
            response_metadata={"likelihoods": [-0.5, -0.1], "steps": 2},
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=last)


def ask(generator: BaseChatModel, *texts: str) -> str:
    return "".join(str(chunk.content) for chunk in generator.stream([HumanMessage(text) for text in texts]))


def test_the_same_prompt_is_generated_once_even_in_another_process(tmp_path: Path) -> None:
    model = CountingModel()
    first = CachedGenerator(generator=model, identity="a", file=tmp_path / "g.sqlite")
    assert [ask(first, "x"), ask(first, "x")] == ["answer 1", "answer 1"] and first.hits == 1
    second = CachedGenerator(generator=model, identity="a", file=tmp_path / "g.sqlite")
    message = second.invoke([HumanMessage("x")])
    assert message.text == "answer 1" and message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 2
    assert message.response_metadata["likelihoods"] == [-0.5, -0.1]


def test_another_prompt_role_or_model_is_another_generation(tmp_path: Path) -> None:
    model = CountingModel()
    generator = CachedGenerator(generator=model, identity="a", file=tmp_path / "g.sqlite")
    other = CachedGenerator(generator=model, identity="b", file=tmp_path / "g.sqlite")
    assert ask(generator, "x") == "answer 1" and ask(generator, "y") == "answer 2"
    assert ask(generator, "x", "y") == "answer 3" and ask(other, "x") == "answer 4"
    assert str(generator.invoke([SystemMessage("x")]).text) == "answer 5"


def test_fresh_looks_nothing_up_and_keeps_what_it_gets(tmp_path: Path) -> None:
    model = CountingModel()
    file = tmp_path / "g.sqlite"
    fresh = CachedGenerator(generator=model, identity="a", file=file, fresh=True)
    assert [ask(fresh, "x"), ask(fresh, "x")] == ["answer 1", "answer 2"] and fresh.hits == 0
    assert ask(CachedGenerator(generator=model, identity="a", file=file), "x") == "answer 2"


def test_what_was_stopped_midway_is_not_kept(tmp_path: Path) -> None:
    generator = CachedGenerator(generator=CountingModel(), identity="a", file=tmp_path / "g.sqlite")
    stream = generator.stream([HumanMessage("x")])
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert ask(generator, "x") == "answer 2"


def test_a_local_model_is_told_by_weights_and_decoding(tiny_generator_folder: Path, tmp_path: Path) -> None:
    settings = GeneratorSettings(model=str(tiny_generator_folder), device="cpu", max_tokens=6)
    file = tmp_path / "g.sqlite"
    first = cached_generator(build_generator(settings), settings, file)
    text = ask(first, "How often must the pump be cleaned?")
    again = cached_generator(build_generator(settings), settings, file)
    assert ask(again, "How often must the pump be cleaned?") == text and again.hits == 1
    longer = settings.model_copy(update={"max_tokens": 7})
    assert cached_generator(build_generator(longer), longer, file).identity != first.identity


class TrainedModel(CountingModel):
    """Was trained, and counts how often it is asked how likely a beginning is."""

    @property
    def trained_instructions(self) -> frozenset[str]:
        return frozenset({"told"})

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str]
    ) -> list[float]:
        self.asked.append(1)
        return [len(candidates) / 10 for _ in candidates]


class FindingModel(TrainedModel):
    """Was trained to find, too."""

    can_find: bool = True

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        return [0.9] if finder else super().first_token_probabilities(messages, candidates)


def test_what_a_trained_model_was_trained_for_shows_through_and_its_chances_are_kept(tmp_path: Path) -> None:
    model = TrainedModel()
    generator = CachedGenerator(generator=model, identity="a", file=tmp_path / "g.sqlite")
    assert generator.trained_instructions == {"told"}
    for _ in range(2):
        assert generator.first_token_probabilities([HumanMessage("x")], ["a", "b"]) == [0.2, 0.2]
    assert generator.first_token_probabilities([HumanMessage("x")], ["a"]) == [0.1]
    assert len(model.asked) == 2 and generator.hits == 1
    plain = CachedGenerator(generator=CountingModel(), identity="a", file=tmp_path / "g.sqlite")
    assert plain.trained_instructions == frozenset()
    assert not generator.can_find and not plain.can_find


def test_a_models_second_reading_shows_through_and_is_kept_apart_from_its_first(tmp_path: Path) -> None:
    generator = CachedGenerator(generator=FindingModel(), identity="a", file=tmp_path / "g.sqlite")
    assert generator.can_find
    for _ in range(2):
        assert generator.first_token_probabilities([HumanMessage("x")], ["a"], finder=True) == [0.9]
        assert generator.first_token_probabilities([HumanMessage("x")], ["a"]) == [0.1]
    assert generator.hits == 2
