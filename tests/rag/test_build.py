"""Parts put together as the settings say."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answering.prompt import wording_for
from rag.build import build_answer_chain, build_calibration, build_retriever
from rag.errors import ConfigError
from rag.files import file_digest
from rag.filter import EVERYTHING
from rag.models.generator import ChatGenerator, adapter_digest, adapter_file, finder_file
from rag.models.generator.adapter import read_instructions
from rag.settings import Settings


def test_answering_matches_curated_entries_once(make_curated: Any, word_embeddings: Any) -> None:
    kb = make_curated({"faq.csv": [("When is the depot open?", [], "From 8.")]})
    question = "Is the depot open now?"
    build_retriever(Settings(), kb.view(EVERYTHING), word_embeddings).invoke(question)
    by_retrieval = len(word_embeddings.queries)
    word_embeddings.queries.clear()

    generator = ChatGenerator(GenericFakeChatModel(messages=iter([AIMessage("From 8[1].")])))
    answer = build_answer_chain(
        Settings().override("reader", model="none"),
        kb.view(EVERYTHING),
        embeddings=word_embeddings,
        generator=generator,
    ).invoke(question)
    assert answer.origin == "generated"
    assert len(word_embeddings.queries) == by_retrieval


def test_the_search_is_as_the_settings_say(make_curated: Any, word_embeddings: Any) -> None:
    kb = make_curated({})
    settings = Settings().override("retrieval", candidates=20)
    search = build_retriever(settings, kb.view(EVERYTHING), word_embeddings, k=5)
    assert search.settings == settings.retrieval.model_copy(update={"k": 5})
    assert search.matcher is not None
    bare = build_retriever(Settings().override("faq", enabled=False), kb.view(EVERYTHING), word_embeddings)
    assert bare.matcher is None


def test_the_default_generators_adapter_fits_the_prompt_and_the_calibration() -> None:
    settings = Settings()
    file = adapter_file(settings.generator)
    assert file is not None
    # A change of the instructions would turn the adapter off, one of the adapter the calibration.
    assert read_instructions(file) == {each: wording_for(each).instructions for each in ("zh", "en")}
    calibration = build_calibration(settings)
    assert calibration is not None and calibration.adapter == adapter_digest(settings.generator)
    finder = finder_file(settings.generator)
    assert finder is not None and read_instructions(finder) == read_instructions(file)
    assert "agreement" in calibration.weights
    alone = build_calibration(settings.override("answering", second_reading=False))
    assert alone is not None and alone.adapter == file_digest(file) and "agreement" not in alone.weights
    assert "declining" in calibration.weights


def test_the_generator_as_it_comes_has_a_calibration_of_its_own() -> None:
    settings = Settings().override("generator", adapter="none")
    calibration = build_calibration(settings)
    assert calibration is not None and calibration.adapter == "" and "declining" not in calibration.weights


def test_a_calibration_made_with_another_adapter_is_refused(tmp_path: Path) -> None:
    settings = Settings()
    calibration = build_calibration(settings.override("generator", adapter="none"))
    assert calibration is not None
    file = tmp_path / "other.json"
    file.write_text(calibration.model_dump_json(), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"made for another adapter of .*training confidence"):
        build_calibration(settings.override("answering", calibration=file))
