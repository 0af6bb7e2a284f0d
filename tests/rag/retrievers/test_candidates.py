"""The candidates of a search on a real knowledge base, in one language and across two."""

from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings

from rag.answer import Question, Stage
from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase
from rag.models.fingerprint import EmbedderFingerprint
from rag.questions.inquiry import understand
from rag.retrievers import PassageSearch
from rag.retrievers.candidates import Candidates
from rag.retrievers.merging import LEXICAL_WEIGHT
from rag.settings import RetrievalSettings
from tests.rag.retrievers.conftest import MakeKnowledgeBase

TEXTS = {
    "warranty-zh.md": "潮汐 P200 的保修期为两年，从发货之日起计算。",
    "warranty-en.md": "The warranty of the Spring D80 is three years from the day it was shipped.",
    "parking.md": "访客车辆停在北区地面车位，离开前在前台登记。",
    "leave.md": "Staff get twelve days of leave a year.",
    "database.md": "The database is saved every night at two o'clock.",
}


@pytest.fixture
def knowledge_base(make_knowledge_base: MakeKnowledgeBase) -> KnowledgeBase:
    return make_knowledge_base(TEXTS)


def search(knowledge_base: KnowledgeBase, embeddings: Embeddings, **settings: bool) -> PassageSearch:
    return PassageSearch(
        view=knowledge_base.view(EVERYTHING),
        embeddings=embeddings,
        settings=RetrievalSettings().model_copy(update=settings),
    )


def candidates_of(search: PassageSearch, query: str) -> Candidates:
    with search.view.snapshot() as snapshot:
        return search.find_candidates(snapshot, query)


def test_the_best_is_what_cosine_and_bm25_say_together(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    retriever = search(knowledge_base, embeddings, cross_language=False)
    for query in ("How many days of leave do staff get?", "访客车辆停在哪里？"):
        found = retriever.search(understand(query), 5)
        candidates = candidates_of(retriever, query)
        scores = candidates.dense + LEXICAL_WEIGHT * candidates.lexical
        best = candidates.passages[int(scores.argmax())]
        assert found[0].id == best.id and len(found) == 5
        ranked = [each.metadata["score"] for each in found]
        assert ranked == sorted(ranked, reverse=True)


def test_each_candidate_has_the_scores_of_all_searches(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    candidates = candidates_of(search(knowledge_base, embeddings), "Where do visitors park?")
    assert len(candidates.passages) == len(TEXTS)
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        scores = dict(snapshot.search_lexical("Where do visitors park?", 9))
    for passage, score, foreign in zip(
        candidates.passages, candidates.lexical, candidates.foreign, strict=True
    ):
        assert score == pytest.approx(scores.get(str(passage.id), 0.0), abs=1e-4)
        assert foreign == (passage.metadata["lang"] == "zh")


def test_a_question_finds_the_other_languages_words_in_translation(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    candidates = candidates_of(search(knowledge_base, embeddings), "数据库什么时候保存？")
    best = max(range(len(candidates.passages)), key=lambda row: candidates.translated[row])
    assert candidates.passages[best].metadata["source"] == "database.md"
    assert candidates.translated[best] > 0
    off = search(knowledge_base, embeddings, cross_language=False)
    assert not candidates_of(off, "数据库什么时候保存？").foreign.any()


def test_without_translation_the_other_language_is_found_by_vectors_alone(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    candidates = candidates_of(search(knowledge_base, embeddings, translation=False), "数据库什么时候保存？")
    assert candidates.foreign.any() and not candidates.translated.any()


def test_what_does_not_pass_the_filter_takes_no_part(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    retriever = search(knowledge_base, embeddings)

    def sources(text: str, wanted: Filter) -> list[str]:
        found = retriever.search(understand(Question(text, filter=wanted)))
        return [each.metadata["source"] for each in found]

    assert "leave.md" not in sources("How many days of leave?", Filter().excluding(["leave.md"]))
    for only in ("zh", "en"):
        found = sources("How long is the warranty?", Filter(lang=(only,)))
        assert found and f"warranty-{only}.md" in found
        assert not any(each.startswith("warranty") and only not in each for each in found)
    assert sources("warranty", Filter(source=("none/*",))) == []


def test_an_empty_knowledge_base_has_nothing(embeddings: Embeddings, tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path / "empty", EmbedderFingerprint("words", 64, "0" * 64, "", "")) as kb:
        with kb.writer() as writer:
            writer.publish()
        assert search(kb, embeddings).invoke("anything?") == []


def test_all_candidates_are_told_to_whoever_wants_to_know(
    knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> None:
    stages: list[Stage] = []
    [first] = search(knowledge_base, embeddings).search(understand("Where do visitors park?"), 1, stages)
    [stage] = stages
    assert stage.name == "candidates" and len(stage.passages) == len(TEXTS)
    assert stage.passages[0].id == first.id
    scores = [each.metadata["score"] for each in stage.passages]
    assert scores == sorted(scores, reverse=True)
