"""Parts put together as the settings say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from rag.answering.prompt import wording_for
from rag.build import build_answer_chain, build_calibration, build_retriever
from rag.curated.ranking import CuratedRetriever
from rag.errors import ConfigError
from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.models.generator import adapter_digest, adapter_file, finder_file
from rag.models.generator.adapter import read_instructions
from rag.models.weights import file_digest
from rag.retrievers import (
    BridgingRetriever,
    HybridRetriever,
    PartsRetriever,
    RerankingRetriever,
    without_sources,
)
from rag.settings import Settings

FINGERPRINT = EmbedderFingerprint("deterministic", 32, "0" * 64, "", "")


class Interfering(Embeddings):
    """Embeds queries, and has something happen meanwhile."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._embeddings = DeterministicFakeEmbedding(size=32)
        self._meanwhile = meanwhile

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, *[0.0] * 31] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        self._meanwhile()
        return self._embeddings.embed_query(text)


def put(kb: KnowledgeBase, source: str, text: str) -> None:
    passage = NewPassage(text=text, start=0, end=len(text))
    document = NewDocument(source, "0" * 64, len(text), 0, "text/1", text=text)
    with kb.writer() as writer:
        vector = np.eye(1, 32, dtype=np.float32)[0]
        writer.put(writer.root("/docs"), document, [passage], {passage.digest: vector})
        writer.publish()


async def test_filter_holds_for_the_whole_retriever_asked_or_awaited(tmp_path: Path) -> None:
    embeddings = DeterministicFakeEmbedding(size=32)
    with KnowledgeBase.create(tmp_path / "kb", FINGERPRINT) as kb:
        put(kb, "old.md", "The office is open.")
        put(kb, "new.txt", "The office is closed.")
        by_query = build_retriever(Settings(), kb, embeddings)
        by_default = build_retriever(Settings(), kb, embeddings, filter=Filter(type=("txt",)))
        for found in (
            by_query.invoke("office", filter=Filter(type=("txt",))),
            await by_query.ainvoke("office", filter=Filter(type=("txt",))),
            by_default.invoke("office"),
        ):
            assert [each.metadata["source"] for each in found] == ["new.txt"]


def test_one_search_is_answered_from_one_generation(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "kb", FINGERPRINT) as kb:
        put(kb, "old.md", "The office is open.")
        embeddings = Interfering(lambda: put(kb, "notice.md", "The office is closed on Friday."))
        retriever = build_retriever(Settings(), kb, embeddings)

        during = {each.metadata["source"] for each in retriever.invoke("office")}
        afterwards = {each.metadata["source"] for each in retriever.invoke("office")}

    assert during == {"old.md"}
    assert afterwards == {"old.md", "notice.md"}


def test_answering_matches_curated_entries_once(make_curated: Any, word_embeddings: Any) -> None:
    kb = make_curated({"faq.csv": [("When is the depot open?", [], "From 8.")]})
    question = "Is the depot open now?"
    build_retriever(Settings(), kb, word_embeddings).invoke(question)
    by_retrieval = len(word_embeddings.queries)
    word_embeddings.queries.clear()

    generator = GenericFakeChatModel(messages=iter([AIMessage("From 8[1].")]))
    answer = build_answer_chain(Settings(), kb, embeddings=word_embeddings, generator=generator).invoke(
        question
    )
    assert answer.origin == "generated"
    assert len(word_embeddings.queries) == by_retrieval


def test_a_reranker_reads_more_candidates_than_are_wanted_and_stands_before_curated_entries(
    tmp_path: Path, tiny_embedder_folder: Path
) -> None:
    embeddings = DeterministicFakeEmbedding(size=32)
    settings = Settings().override(
        "reranker", model=str(tiny_embedder_folder), candidates=20, budget_ms=70, weight=0.5
    )
    with KnowledgeBase.create(tmp_path / "kb", FINGERPRINT) as kb:
        curated = build_retriever(settings, kb, embeddings, k=5, filter=Filter(type=("txt",)))
        bare = build_retriever(settings.override("faq", enabled=False), kb, embeddings, k=5)
        plain = build_retriever(Settings(), kb, embeddings, k=5)
    assert isinstance(curated, CuratedRetriever) and isinstance(curated.retriever, PartsRetriever)
    assert isinstance(bare, PartsRetriever)
    reranking = bare.retriever
    assert isinstance(reranking, RerankingRetriever) and isinstance(reranking.retriever, BridgingRetriever)
    assert (reranking.k, reranking.candidates, reranking.budget_ms) == (5, 20, 70)
    assert reranking.retriever.k == 20 and isinstance(reranking.retriever.retriever, HybridRetriever)
    assert isinstance(plain, CuratedRetriever) and isinstance(plain.retriever, PartsRetriever)
    assert isinstance(plain.retriever.retriever, BridgingRetriever)


def test_left_out_documents_are_found_by_no_part_of_the_search(
    tmp_path: Path, tiny_embedder_folder: Path
) -> None:
    embeddings = DeterministicFakeEmbedding(size=32)
    settings = Settings().override("reranker", model=str(tiny_embedder_folder), budget_ms=1000, weight=0.5)
    with KnowledgeBase.create(tmp_path / "kb", FINGERPRINT) as kb:
        put(kb, "a.md", "The depot is on the harbour.")
        put(kb, "b.md", "The depot opens at eight.")
        retriever = build_retriever(settings, kb, embeddings, k=5)
        question = "Where is the depot, and when does it open?"
        assert {each.metadata["source"] for each in retriever.invoke(question)} == {"a.md", "b.md"}
        without = without_sources(retriever, frozenset({"a.md"}))
        assert {each.metadata["source"] for each in without.invoke(question)} == {"b.md"}


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
