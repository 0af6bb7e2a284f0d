"""Hybrid retrieval on a real knowledge base, in one language and across two."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.embedder import SentenceEmbeddings
from rag.retrievers import HybridRetriever, LexicalRetriever
from rag.retrievers.merging import LEXICAL_WEIGHT
from rag.retrievers.search_trace import StageRecorder
from rag.text.language import language_of

TEXTS = {
    "warranty-zh.md": "潮汐 P200 的保修期为两年，从发货之日起计算。",
    "warranty-en.md": "The warranty of the Spring D80 is three years from the day it was shipped.",
    "parking.md": "访客车辆停在北区地面车位，离开前在前台登记。",
    "leave.md": "Staff get twelve days of leave a year.",
    "database.md": "The database is saved every night at two o'clock.",
}


@pytest.fixture
def embeddings(tiny_embedder_folder: Path) -> SentenceEmbeddings:
    return SentenceEmbeddings(tiny_embedder_folder, device="cpu")


@pytest.fixture
def knowledge_base(embeddings: SentenceEmbeddings, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path / "kb", embeddings.fingerprint) as kb:
        with kb.writer() as writer:
            root = writer.root("texts")
            for source, text in TEXTS.items():
                passage = NewPassage(text, 0, len(text), lang=language_of(text))
                document = NewDocument(
                    source=source,
                    sha256=hashlib.sha256(text.encode()).hexdigest(),
                    size=len(text.encode()),
                    mtime_ns=0,
                    parser="test",
                    text=text,
                )
                vectors = {passage.digest: embeddings.encode_passages([text])[0]}
                writer.put(root, document, [passage], vectors)
            writer.publish()
        yield kb


def sources(retriever: HybridRetriever, query: str, **options: Any) -> list[str]:
    return [str(each.metadata["source"]) for each in retriever.invoke(query, **options)]


def test_the_best_is_what_cosine_and_bm25_say_together(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    retriever = HybridRetriever(
        knowledge_base=knowledge_base, embeddings=embeddings, k=5, cross_language=False
    )
    for query in ("How many days of leave do staff get?", "访客车辆停在哪里？"):
        found = retriever.invoke(query)
        candidates = retriever.find_candidates(query)
        scores = candidates.own_scores(LEXICAL_WEIGHT)
        best = candidates.passages[int(scores.argmax())]
        assert found[0].id == best.id and len(found) == 5
        ranked = [each.metadata["score"] for each in found]
        assert ranked == sorted(ranked, reverse=True)


def test_each_candidate_has_the_scores_of_all_searches(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    retriever = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings)
    candidates = retriever.find_candidates("Where do visitors park?")
    assert len(candidates.passages) == len(TEXTS)
    lexical = LexicalRetriever(knowledge_base=knowledge_base, k=9).invoke("Where do visitors park?")
    scores = {each.id: each.metadata["score"] for each in lexical}
    for passage, score, foreign in zip(
        candidates.passages, candidates.lexical, candidates.foreign, strict=True
    ):
        assert score == pytest.approx(scores.get(passage.id, 0.0), abs=1e-4)
        assert foreign == (passage.metadata["lang"] == "zh")


def test_a_question_finds_the_other_languages_words_in_translation(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    retriever = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=5)
    candidates = retriever.find_candidates("数据库什么时候保存？")
    best = max(range(len(candidates.passages)), key=lambda row: candidates.translated[row])
    assert candidates.passages[best].metadata["source"] == "database.md"
    assert candidates.translated[best] > 0
    off = retriever.model_copy(update={"cross_language": False})
    assert not off.find_candidates("数据库什么时候保存？").foreign.any()


def test_what_is_left_out_or_filtered_takes_no_part(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    retriever = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=5)
    without = retriever.model_copy(update={"left_out": frozenset({"leave.md"})})
    assert "leave.md" not in sources(without, "How many days of leave do staff get?")
    assert sources(retriever, "How long is the warranty?", filter=Filter(lang=("zh",)))
    for only in ("zh", "en"):
        found = retriever.invoke("How long is the warranty?", filter=Filter(lang=(only,)))
        assert found and {each.metadata["lang"] for each in found} == {only}
    assert sources(retriever, "warranty", filter=Filter(source=("none/*",))) == []


def test_an_empty_knowledge_base_has_nothing(embeddings: SentenceEmbeddings, tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "empty", embeddings.fingerprint) as kb:
        with kb.writer() as writer:
            writer.publish()
        assert HybridRetriever(knowledge_base=kb, embeddings=embeddings).invoke("anything?") == []


def test_all_candidates_are_told_to_whoever_listens(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    recorder = StageRecorder()
    retriever = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=1)
    [first] = retriever.invoke("Where do visitors park?", {"callbacks": [recorder]})
    [stage] = recorder.stages
    assert stage.name == "candidates" and len(stage.passages) == len(TEXTS)
    assert stage.passages[0].id == first.id
    scores = [each.metadata["score"] for each in stage.passages]
    assert scores == sorted(scores, reverse=True)


def test_without_translation_the_other_language_is_found_by_vectors_alone(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    retriever = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, translation=False)
    candidates = retriever.find_candidates("数据库什么时候保存？")
    assert candidates.foreign.any() and not candidates.translated.any()
