"""A question finds passages in the other language by its words' translations."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.filter import EVERYTHING, Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.fingerprint import EmbedderFingerprint
from rag.retrievers import candidates
from rag.text.language import language_of
from tests.rag.knowledge_base.conftest import DIMENSION, embed_text
from tests.reading import seen

Hit = tuple[str, float]

_TEXTS = {
    "warranty.md": "The warranty period of the pump is two years.",
    "immune.md": "The immune system protects the body.",
    "system.md": "Restart the system and the database AB-1200.",
    "保修.md": "水泵的保修期为两年。",
    "免疫.md": "免疫系统保护身体。",
    "数据库.md": "数据库 AB-1200 每天备份。",
}


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """Short documents in both languages, and as many dead ones."""
    fingerprint = EmbedderFingerprint("toy", DIMENSION, "0" * 64, "", "")
    with KnowledgeBase.create(tmp_path_factory.mktemp("translating") / "kb", fingerprint) as kb:
        with kb.writer() as writer:
            for source, text in [*_TEXTS.items(), *((f"old {name}", text) for name, text in _TEXTS.items())]:
                passage = NewPassage(text, 0, len(text), lang=language_of(text))
                document = NewDocument(source, f"{source:<64}", len(text), 1, "text", text=text)
                vectors = {passage.digest: embed_text(text)}
                writer.put(writer.root("/docs"), document, [passage], vectors)
            writer.publish()
            for source in _TEXTS:
                writer.remove(writer.root("/docs"), f"old {source}")
            writer.publish()
        yield kb


def search(kb: KnowledgeBase, question: str, k: int = 10, filter: Filter | None = None) -> list[Hit]:
    with kb.view(EVERYTHING).snapshot() as snapshot:
        translations = candidates.question_groups(question, snapshot.analyzer)
        wanted = candidates.in_other_language(question, filter)
        return snapshot.search_groups(translations, k, wanted) if wanted is not None else []


def scores(kb: KnowledgeBase, question: str, ids: list[str]) -> dict[str, float]:
    with kb.view(EVERYTHING).snapshot() as snapshot:
        return snapshot.score_groups(candidates.question_groups(question, snapshot.analyzer), ids)


def found(kb: KnowledgeBase, question: str, k: int = 10, filter: Filter | None = None) -> list[str]:
    hits = search(kb, question, k, filter)
    return [each.metadata["source"] for each in seen(kb).passages([each for each, _ in hits])]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("水泵的保修期有多长？", "warranty.md"),
        ("免疫系统有什么用？", "immune.md"),
        ("数据库怎么重新启动？", "system.md"),
        ("How long is the warranty period?", "保修.md"),
        ("What does the immune system do?", "免疫.md"),
        ("When is the database backed up?", "数据库.md"),
    ],
)
def test_passage_in_the_other_language_is_found(bilingual: KnowledgeBase, question: str, first: str) -> None:
    assert found(bilingual, question, 1) == [first]


def test_only_the_other_language_is_found_and_only_what_lives(bilingual: KnowledgeBase) -> None:
    assert found(bilingual, "AB-1200") == ["数据库.md"]
    assert found(bilingual, "AB-1200 是什么型号？") == ["system.md"]
    assert set(found(bilingual, "warranty of the immune database")) <= {"保修.md", "免疫.md", "数据库.md"}


def test_filter_holds_too(bilingual: KnowledgeBase) -> None:
    assert found(bilingual, "immune system database", filter=Filter(source=("数据库.md",))) == ["数据库.md"]
    assert found(bilingual, "immune system", filter=Filter(lang=("zh",))) == ["免疫.md"]
    assert found(bilingual, "immune system", filter=Filter(lang=("en",))) == []


@given(
    question=st.one_of(
        st.text(max_size=30), st.permutations(["保修期", "system", "免疫", "AB-1200", "pump"]).map(" ".join)
    ),
    k=st.integers(0, 8),
)
def test_scores_of_given_passages_equal_those_of_the_search(
    bilingual: KnowledgeBase, question: str, k: int
) -> None:
    hits = search(bilingual, question, k)
    given = [score for _, score in hits]
    assert given == sorted(given, reverse=True)
    assert all(score > 0 for score in given)
    every = [each for each, _ in seen(bilingual).search_dense(np.ones(DIMENSION, dtype=np.float32), 100)]
    given_scores = scores(bilingual, question, every)
    assert given_scores.keys() == set(every)
    assert {each: given_scores[each] for each, _ in hits} == pytest.approx(dict(hits))


def test_without_a_dictionary_nothing_is_found(
    bilingual: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_dictionary", lambda: None)
    assert search(bilingual, "AB-1200", 5) == []
    [(passage, _)] = seen(bilingual).search_lexical("保修期", 1)
    assert scores(bilingual, "warranty period", [passage]) == {passage: 0.0}


def test_index_without_any_of_the_words_gives_nothing(bilingual: KnowledgeBase) -> None:
    assert search(bilingual, "zyxwolf", 5) == []
