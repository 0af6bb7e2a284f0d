"""Scores of given passages are those that the searches give."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import KnowledgeBaseMismatch
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, Writer
from rag.models.fingerprint import EmbedderFingerprint
from tests.rag.knowledge_base.conftest import DIMENSION, Put, embed_text
from tests.reading import seen

_WORDS = ("pump", "filter", "office", "leave", "年假", "水泵", "数据库", "AB-1200")


@pytest.fixture
def many(path: Path, put: Put, fingerprint: EmbedderFingerprint) -> KnowledgeBase:
    """Passages of three publications; some of them are dead, which the indexes still hold."""
    random = Random(7)
    with KnowledgeBase.create(path, fingerprint) as kb:
        for part in range(3):
            with kb.writer() as writer:
                for number in range(20):
                    lines = [f"{' '.join(random.choices(_WORDS, k=6))} {part} {line}" for line in range(4)]
                    put(writer, f"{part}-{number}.md", "\n".join(lines))
                _remove(writer, f"{max(0, part - 1)}-3.md")
                writer.publish()
    return KnowledgeBase.open(path)


def _remove(writer: Writer, source: str) -> None:
    writer.remove(writer.root("/docs"), source)


@given(data=st.data(), words=st.lists(st.sampled_from((*_WORDS, "unknown", "的")), max_size=4))
def test_scores_of_given_passages_equal_those_of_searches(
    many: KnowledgeBase, data: st.DataObject, words: list[str]
) -> None:
    query = " ".join(words)
    dense = dict(seen(many).search_dense(embed_text(query), 1000))
    lexical = dict(seen(many).search_lexical(query, 1000))
    ids = data.draw(st.lists(st.sampled_from(sorted(dense)), max_size=30))

    assert seen(many).score_dense(embed_text(query), ids) == pytest.approx(
        {each: dense[each] for each in ids}, abs=1e-5
    )
    assert seen(many).score_lexical(query, ids) == pytest.approx(
        {each: lexical.get(each, 0.0) for each in ids}
    )


def test_passage_that_is_not_published_has_no_score(
    filled: KnowledgeBase, embed: Callable[[str], np.ndarray]
) -> None:
    [(dead, _)] = seen(filled).search_lexical("Friday", 1)
    with filled.writer() as writer:
        _remove(writer, "notice.md")
        writer.publish()

    assert seen(filled).score_lexical("Friday", [dead, "no such id"]) == {}
    assert seen(filled).score_dense(embed("Friday"), [dead, "no such id"]) == {}


def test_scores_within_a_pinned_snapshot_are_of_its_generation(filled: KnowledgeBase) -> None:
    [(found, score)] = seen(filled).search_lexical("Friday", 1)
    with filled.view(EVERYTHING).snapshot():
        with filled.writer() as writer:
            _remove(writer, "notice.md")
            writer.publish()
        assert seen(filled).score_lexical("Friday", [found]) == {found: score}
    assert seen(filled).score_lexical("Friday", [found]) == {}


def test_vector_of_another_dimension_is_refused(filled: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseMismatch, match="shape"):
        seen(filled).score_dense(np.ones(DIMENSION + 1, dtype=np.float32), ["any"])


def test_a_sample_is_of_living_passages_with_their_languages(many: KnowledgeBase) -> None:
    with many.view(EVERYTHING).snapshot() as snapshot:
        vectors, languages = snapshot.sample_vectors(10_000)
        few, _ = snapshot.sample_vectors(5)
    assert len(vectors) == len(languages) == seen(many).passage_count()
    assert 1 <= len(few) < len(vectors)
    wanted = np.array(
        [
            embed_text(passage.page_content)
            for document in seen(many).documents()
            for passage in seen(many).document_passages(document.source)
        ]
    )
    assert (vectors @ wanted.T).max(axis=0) == pytest.approx(1.0, abs=1e-2)
