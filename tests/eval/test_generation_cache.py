"""A generation is paid for once, and never mistaken for another."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage

from eval.generation_cache import CachedGenerator, cached_generator
from rag.build import build_generator
from rag.models.generator import Abilities, Generator
from rag.settings import GeneratorSettings


class Counting:
    """Streams how often it was asked, in two pieces."""

    model_name = "counting"
    abilities = Abilities()

    def __init__(self) -> None:
        self.asked = 0

    def stream(self, input: list[BaseMessage], *_: Any, **__: Any) -> Iterator[AIMessageChunk]:
        self.asked += 1
        asked = self.asked
        yield AIMessageChunk(content="answer ")
        yield AIMessageChunk(
            content=str(asked),
            usage_metadata={"input_tokens": 7, "output_tokens": 2, "total_tokens": 9},
            response_metadata={"likelihoods": [-0.5, -0.1], "steps": 2},
            chunk_position="last",
        )

    def invoke(self, input: list[BaseMessage], *_: Any, **__: Any) -> AIMessage:
        self.asked += 1
        return AIMessage(f"answer {self.asked}")


def ask(generator: Generator, *texts: str) -> str:
    return "".join(str(chunk.content) for chunk in generator.stream([HumanMessage(text) for text in texts]))


def test_the_same_prompt_is_generated_once_even_in_another_process(tmp_path: Path) -> None:
    model = Counting()
    first = CachedGenerator(model, "a", tmp_path / "g.sqlite")
    assert [ask(first, "x"), ask(first, "x")] == ["answer 1", "answer 1"] and first.hits == 1
    second = CachedGenerator(model, "a", tmp_path / "g.sqlite")
    message = second.invoke([HumanMessage("x")])
    assert message.text == "answer 1" and message.usage_metadata is not None
    assert message.usage_metadata["output_tokens"] == 2
    assert message.response_metadata["likelihoods"] == [-0.5, -0.1]


def test_another_prompt_role_or_model_is_another_generation(tmp_path: Path) -> None:
    model = Counting()
    generator = CachedGenerator(model, "a", tmp_path / "g.sqlite")
    other = CachedGenerator(model, "b", tmp_path / "g.sqlite")
    assert ask(generator, "x") == "answer 1" and ask(generator, "y") == "answer 2"
    assert ask(generator, "x", "y") == "answer 3" and ask(other, "x") == "answer 4"
    assert str(generator.invoke([SystemMessage("x")]).text) == "answer 5"


def test_fresh_looks_nothing_up_and_keeps_what_it_gets(tmp_path: Path) -> None:
    model = Counting()
    file = tmp_path / "g.sqlite"
    fresh = CachedGenerator(model, "a", file, fresh=True)
    assert [ask(fresh, "x"), ask(fresh, "x")] == ["answer 1", "answer 2"] and fresh.hits == 0
    assert ask(CachedGenerator(model, "a", file), "x") == "answer 2"


def test_what_was_stopped_midway_is_not_kept(tmp_path: Path) -> None:
    generator = CachedGenerator(Counting(), "a", tmp_path / "g.sqlite")
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


class CountingLocal:
    """Says a number for each candidate, another as a finder, and counts how often it is asked."""

    trained_instructions = frozenset({"told"})
    can_find = True

    def __init__(self) -> None:
        self.asked = 0

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        self.asked += 1
        return [0.9 if finder else len(candidates) / 10 for _ in candidates]


def test_a_local_models_probabilities_are_kept_those_of_the_finder_apart(tmp_path: Path) -> None:
    behind, local = Counting(), CountingLocal()
    behind.abilities = Abilities(local=local)
    generator = CachedGenerator(behind, "a", tmp_path / "g.sqlite")
    cached = generator.abilities.local
    assert cached is not None and cached.trained_instructions == {"told"} and cached.can_find
    for _ in range(2):
        assert cached.first_token_probabilities([HumanMessage("x")], ["a", "b"]) == [0.2, 0.2]
        assert cached.first_token_probabilities([HumanMessage("x")], ["a"], finder=True) == [0.9]
    assert cached.first_token_probabilities([HumanMessage("x")], ["a"]) == [0.1]
    assert (local.asked, generator.hits) == (3, 2)


def test_what_a_generator_can_do_shows_through(tmp_path: Path) -> None:
    warmed: list[Any] = []
    behind = Counting()
    behind.abilities = Abilities(warm=warmed.append)
    generator = CachedGenerator(behind, "a", tmp_path / "g.sqlite")
    abilities = generator.abilities
    assert abilities.local is None and abilities.quoting is None and generator.model_name == "counting"
    assert abilities.warm is not None
    abilities.warm([HumanMessage("x")])
    assert len(warmed) == 1


def test_a_finders_answer_is_kept_apart_from_the_writers(tmp_path: Path) -> None:
    generator = CachedGenerator(Counting(), "a", tmp_path / "g.sqlite")
    assert generator.invoke([HumanMessage("x")], finder=True).text == "answer 1"
    assert generator.invoke([HumanMessage("x")]).text == "answer 2"
    assert generator.invoke([HumanMessage("x")], finder=True).text == "answer 1"
