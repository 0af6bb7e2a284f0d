"""Documents near a document or a passage, by exact cosines of all their passages."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, RelatedDocument, Writer
from tests.reading import seen

Embed = Callable[[str], NDArray[np.float32]]
Put = Callable[[Writer, str, str], None]
TEXTS = {"a": "one\ntwo\nthree", "b": "three\nfour", "c": "five", "d": "one\ntwo\nsix\nthree"}


@pytest.fixture
def filled(knowledge_base: KnowledgeBase, put: Put) -> KnowledgeBase:
    with knowledge_base.writer() as writer:
        for source, text in TEXTS.items():
            put(writer, source, text)
        writer.publish()
    return knowledge_base


def related(knowledge_base: KnowledgeBase, source: str, k: int = 10) -> list[RelatedDocument]:
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        return snapshot.related(source, k)


def test_the_mean_of_the_nearest_passages_decides_and_every_document_counts(
    filled: KnowledgeBase, embed: Embed
) -> None:
    own = np.stack([embed(each) for each in TEXTS["a"].split("\n")])
    expected = {
        source: float((own @ np.stack([embed(each) for each in text.split("\n")]).T).max(axis=1).mean())
        for source, text in TEXTS.items()
        if source != "a"
    }
    found = related(filled, "a")
    assert [each.source for each in found] == sorted(expected, key=lambda each: -expected[each])
    for each in found:
        assert each.similarity == pytest.approx(expected[each.source], abs=2e-3)
    assert found[0].source == "d" and found[0].similarity == pytest.approx(1, abs=2e-3)
    assert [each.source for each in related(filled, "a", k=1)] == ["d"]


def test_the_passage_named_is_the_one_that_comes_nearest(filled: KnowledgeBase) -> None:
    nearest = {each.source: each.passage.page_content for each in related(filled, "b")}
    assert nearest["a"] == "three" and nearest["d"] == "three"


def test_documents_near_a_passage_leave_its_own_out(filled: KnowledgeBase) -> None:
    (passage,) = seen(filled).document_passages("c")
    with filled.view(EVERYTHING).snapshot() as snapshot:
        found = snapshot.related(passage, 10)
    assert {each.source for each in found} == {"a", "b", "d"}
    (three,) = [each for each in seen(filled).document_passages("b") if each.page_content == "three"]
    with filled.view(EVERYTHING).snapshot() as snapshot:
        found = snapshot.related(three, 2)
    assert {each.source for each in found} == {"a", "d"}
    assert all(each.similarity == pytest.approx(1, abs=2e-3) for each in found)


def test_what_is_gone_is_related_to_nothing(filled: KnowledgeBase, put: Put) -> None:
    (gone,) = seen(filled).document_passages("c")
    with filled.writer() as writer:
        put(writer, "c", "one\ntwo\nthree")
        writer.publish()
    assert {each.source for each in related(filled, "a", k=2)} == {"c", "d"}
    with (
        filled.view(EVERYTHING).snapshot() as snapshot,
        pytest.raises(KnowledgeBaseError, match="no passage"),
    ):
        snapshot.related(gone, 1)


def test_an_unknown_document_is_named(filled: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseError, match="no document nothing"):
        related(filled, "nothing")
