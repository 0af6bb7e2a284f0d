"""What a system is given to read, and what is written down of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from eval.datasets import read_beir
from eval.generation_cache import CachedGenerator
from eval.runs.asking import Asker, answer_record
from eval.runs.parts import Parts
from eval.selection import Corpus, Selection
from eval.systems import System, read_systems
from rag.models.generator import ChatGenerator
from rag.settings import Settings


@pytest.fixture
def parts() -> Iterator[Parts]:
    with Parts() as opened:
        yield opened


@pytest.fixture
def corpus(small_set: Path) -> Corpus:
    return Selection(read_beir(small_set)).corpora(unanswerable=True)[0]


def test_gold_passages_come_with_the_best_ranked_others_in_an_order_of_the_seed(
    corpus: Corpus, settings: Settings, parts: Parts
) -> None:
    (system,) = read_systems(["gold-distractors"], settings)
    questions = {each.id: each for each in corpus.sets[0].questions}
    sources = []
    for seed in range(8):
        asked = Asker(system, corpus, parts, seed).ask(questions["q2"])
        sources.append([each.metadata["source"] for each in asked.retrieved])
    assert all(len(each) == 3 and "small/pump" in each for each in sources)
    assert len({each.index("small/pump") for each in sources}) > 1
    again = Asker(system, corpus, parts, 0).ask(questions["q2"])
    assert [each.metadata["source"] for each in again.retrieved] == sources[0]
    unanswerable = Asker(system, corpus, parts).ask(questions["q4"])
    assert len(unanswerable.retrieved) == 3


def test_candidates_are_what_every_retriever_found_and_retrieved_what_made_the_cut(
    corpus: Corpus, settings: Settings, parts: Parts
) -> None:
    cut = System("cut", settings.override("retrieval", k=1))
    question = corpus.sets[0].questions[1]
    asked = Asker(cut, corpus, parts).ask(question)
    assert len(asked.retrieved) == 1 and len(asked.candidates) == 4
    assert asked.candidates[0].id == asked.retrieved[0].id
    record = answer_record(question, asked)
    assert len(record["candidates"]) == 4 and record["passages"][0]["evidence"]


def test_without_retrieval_the_generator_is_on_its_own(
    corpus: Corpus, settings: Settings, parts: Parts, tiny_generator_folder: Path
) -> None:
    own = settings.override("generator", model=str(tiny_generator_folder), device="cpu", max_tokens=4)
    (system,) = read_systems(["no-retrieval"], own)
    asker = Asker(system, corpus, parts)
    question = corpus.sets[0].questions[1]
    written = iter([AIMessage("Every week."), AIMessage("I don’t know.")])
    asker.generator = ChatGenerator(GenericFakeChatModel(messages=written))
    said, unknown = asker.ask(question), asker.ask(question)
    assert said.answer is not None and said.answer.text == "Every week." and not said.answer.passages
    assert unknown.answer is not None and unknown.answer.abstained


def test_cached_generations_are_marked_and_not_timed(
    corpus: Corpus, settings: Settings, parts: Parts, tmp_path: Path
) -> None:
    asker = Asker(System("default", settings), corpus, parts)
    written = iter([AIMessage("Every six months [1].")])
    scripted = ChatGenerator(GenericFakeChatModel(messages=written))
    asker.generator = CachedGenerator(generator=scripted, identity="scripted", file=tmp_path / "g.sqlite")
    question = corpus.sets[0].questions[1]
    first, second = (answer_record(question, asker.ask(question)) for _ in range(2))
    assert not first["cached"] and first["timings"]["total_ms"] > 0
    assert second["cached"] and set(second["timings"].values()) == {None}
    # Which passage is cited rests on the ranks that a random embedder gives, and so on the number format.
    assert first["answer"] == second["answer"]
    assert first["answer"].startswith("Every six months [")
