"""Passages in the other language on a real knowledge base whose vectors have a strong accent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.questions.inquiry import understand
from rag.retrievers import PassageSearch
from rag.retrievers.candidates import Candidates, in_other_language
from rag.retrievers.language_geometry import geometry_of
from rag.retrievers.merging import merge_scores
from rag.text.language import language_of
from tests.reading import seen

DIMENSION = 32
TOPICS = 60
Vector = NDArray[np.float32]
Fill = Callable[[KnowledgeBase, int, int], None]


def topic_vector(topic: int, *, chinese: bool) -> Vector:
    """A topic in an embedder's eyes: the language moves it further than the topic does."""
    vector = np.random.default_rng(topic).normal(size=DIMENSION)
    vector[0 if chinese else 1] += 10
    unit: Vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def text_of(topic: int, *, chinese: bool) -> str:
    return f"话题{topic}号" if chinese else f"Topic number {topic}"


class Accented(Embeddings):
    """Embeds the texts above; any other question is about topic 0."""

    def embed_query(self, text: str) -> list[float]:
        topic = int("".join(each for each in text if each.isdigit()) or 0)
        vector: list[float] = topic_vector(topic, chinese=language_of(text) == "zh").tolist()
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(each) for each in texts]


@pytest.fixture
def knowledge_base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    fingerprint = EmbedderFingerprint("accented", DIMENSION, "0" * 64, "", "")
    with KnowledgeBase.create(tmp_path / "kb", fingerprint) as kb:
        yield kb


@pytest.fixture
def fill() -> Fill:
    def put(kb: KnowledgeBase, chinese: int, english: int) -> None:
        with kb.writer() as writer:
            root = writer.root("topics")
            for is_chinese, count in ((True, chinese), (False, english)):
                for topic in range(count):
                    text = text_of(topic, chinese=is_chinese)
                    passage = NewPassage(text, 0, len(text), lang="zh" if is_chinese else "en")
                    document = NewDocument(
                        f"{'zh' if is_chinese else 'en'}/{topic}.md", f"{topic:064d}", 1, 0, "test", text=text
                    )
                    writer.put(
                        root,
                        document,
                        [passage],
                        {passage.digest: topic_vector(topic, chinese=is_chinese)},
                    )
            writer.publish()

    return put


def test_a_question_finds_its_topic_in_the_other_language(knowledge_base: KnowledgeBase, fill: Fill) -> None:
    fill(knowledge_base, TOPICS, TOPICS)
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        geometry = geometry_of(knowledge_base.view(EVERYTHING), snapshot)
        for topic in (3, 17, 42):
            for chinese in (True, False):
                vector = geometry.correct_query(topic_vector(topic, chinese=chinese), chinese=chinese)
                wanted = in_other_language(text_of(topic, chinese=chinese))
                [(found, _)] = snapshot.search_dense(vector, 1, wanted)
                assert seen(knowledge_base).passages([found])[0].page_content == text_of(
                    topic, chinese=not chinese
                )


def test_the_other_language_is_what_the_filter_leaves_of_it() -> None:
    assert in_other_language("话题3号", Filter(lang=("zh",))) is None
    wanted = Filter(lang=("en",), source=("en/8.md",))
    assert in_other_language("话题3号", Filter(lang=("zh", "en"), source=("en/8.md",))) == wanted
    assert in_other_language("Topic 3") == Filter(lang=("zh",))


def test_the_corrected_score_is_the_cosine_of_corrected_vectors(
    knowledge_base: KnowledgeBase, fill: Fill
) -> None:
    fill(knowledge_base, TOPICS, TOPICS)
    query = topic_vector(5, chinese=True)
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        geometry = geometry_of(knowledge_base.view(EVERYTHING), snapshot)
        ids = {}
        for topic in range(TOPICS):
            [(found, _)] = seen(knowledge_base).search_dense(topic_vector(topic, chinese=False), 1)
            ids[found] = topic
        scores = geometry.corrected_scores(snapshot, query, list(ids), chinese=True)
    corrected = geometry.correct(query[None], chinese=True)[0]
    passages = np.stack([topic_vector(topic, chinese=False) for topic in ids.values()])
    cosines = geometry.correct(passages, chinese=False) @ corrected
    wanted = (cosines - cosines.mean()) / cosines.std()
    assert [scores[each] for each in ids] == pytest.approx(wanted.tolist(), abs=0.02)
    assert max(scores, key=scores.__getitem__) == next(each for each, topic in ids.items() if topic == 5)


def test_with_too_few_passages_the_cosine_stands_as_it_is(knowledge_base: KnowledgeBase, fill: Fill) -> None:
    fill(knowledge_base, TOPICS, 6)
    query = topic_vector(5, chinese=True)
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        geometry = geometry_of(knowledge_base.view(EVERYTHING), snapshot)
        assert geometry.means is None
        hits = seen(knowledge_base).search_dense(query, 6, Filter(lang=("en",)))
        scores = geometry.corrected_scores(snapshot, query, [each for each, _ in hits], chinese=True)
    assert sorted(scores, key=lambda each: -scores[each]) == [each for each, _ in hits]
    mean, spread = geometry.scale(query, chinese=False)
    assert [scores[each] for each, _ in hits] == pytest.approx(
        [(cosine - mean) / spread for _, cosine in hits], abs=1e-4
    )


def candidates_of(search: PassageSearch, query: str, count: int | None = None) -> Candidates:
    with search.view.snapshot() as snapshot:
        return search.find_candidates(snapshot, query, count=count)


def test_a_new_generation_has_a_new_geometry(knowledge_base: KnowledgeBase, fill: Fill) -> None:
    fill(knowledge_base, TOPICS, 0)
    search = PassageSearch(view=knowledge_base.view(EVERYTHING), embeddings=Accented())
    assert not candidates_of(search, "话题3号").foreign.any()
    fill(knowledge_base, TOPICS, TOPICS)
    candidates = candidates_of(search, "话题3号")
    assert candidates.foreign.any()
    best = candidates.passages[int(np.argmax(candidates.corrected))]
    assert best.page_content == "Topic number 3"


def test_one_passage_in_another_language_among_very_many_is_found(
    knowledge_base: KnowledgeBase, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.retrievers.language_geometry._SAMPLED", 20)
    fill(knowledge_base, 1, 300)
    search = PassageSearch(view=knowledge_base.view(EVERYTHING), embeddings=Accented())
    candidates = candidates_of(search, "What is topic 0 about?", 5)
    assert "话题0号" in {each.page_content for each in candidates.passages}


def test_passages_in_both_languages_are_ranked_by_the_merged_score(
    knowledge_base: KnowledgeBase, fill: Fill
) -> None:
    fill(knowledge_base, TOPICS, TOPICS)
    search = PassageSearch(view=knowledge_base.view(EVERYTHING), embeddings=Accented())
    candidates = candidates_of(search, "话题3号")
    scores = merge_scores(candidates)
    found = search.search(understand("话题3号"), 40)
    assert {each.metadata["lang"] for each in found} == {"zh", "en"}
    by_id = dict(zip((each.id for each in candidates.passages), scores.tolist(), strict=True))
    assert [each.metadata["score"] for each in found] == [by_id[each.id] for each in found]
    assert [by_id[each.id] for each in found] == sorted(scores.tolist(), reverse=True)[: len(found)]
