from typing import Any

import pytest

from eval.generate.near_misses import near_misses
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase
from tests.reading import seen


def _record(knowledge_base: KnowledgeBase, source: str, text: str, **more: Any) -> dict[str, Any]:
    with knowledge_base.view(EVERYTHING).snapshot() as snapshot:
        passage = snapshot.document_passages(source)[0]
    return {
        "id": "generated-0001",
        "text": text,
        "lang": "en",
        "sources": [source],
        "passage": passage.id,
        **more,
    }


@pytest.mark.parametrize(
    ("source", "text", "word"),
    [
        ("codes.md", "What does error E04 mean?", "E04"),
        ("manual.md", "How often must the Tidal P200 pump be cleaned?", "P200"),
        ("travel.md", "2026年出差住宿最多报销多少？", "2026"),
        ("travel.md", "去上海出差住宿最多报销多少？", "上海"),
    ],
)
def test_one_word_is_replaced_by_one_that_no_document_has(
    knowledge_base: KnowledgeBase, source: str, text: str, word: str
) -> None:
    record = _record(knowledge_base, source, text)
    ((made_from, miss),) = near_misses([record], knowledge_base.view(EVERYTHING), 0)
    assert made_from is record and miss is not None
    old, new = miss["replaced"]
    assert old == word and miss["text"] == text.replace(word, new)
    for document in seen(knowledge_base).documents():
        assert new.casefold() not in seen(knowledge_base).text(document.source, document.root).casefold()
    assert miss["answerable"] is False and miss["near_doc"] == source
    assert (miss["answers"], miss["sources"]) == ([], [])
    if word == "2026":
        assert int(new) < 2026
    assert list(near_misses([record], knowledge_base.view(EVERYTHING), 0)) == [(record, miss)]


def test_a_code_written_otherwise_is_no_miss(make_knowledge_base: Any) -> None:
    codes = " ".join(f"ｅ {number:02}" if number % 2 else f"e-{number}" for number in range(100))
    kb = make_knowledge_base({"codes.md": f"The errors of the red pump are listed here. E04 {codes}"})
    record = _record(kb, "codes.md", "What does error E04 of the red pump mean?")
    assert [miss for _, miss in near_misses([record], kb.view(EVERYTHING), 0)] == [None]


def test_a_place_named_in_the_other_language_is_no_miss(make_knowledge_base: Any) -> None:
    from eval.generate.near_misses import _COUNTRIES, _PLACES

    names = " ".join(names[1] for names in _PLACES[:_COUNTRIES] if "Norway" not in names)
    kb = make_knowledge_base({"a.md": f"Trips to Denmark are paid by the head office. {names}"})
    record = _record(kb, "a.md", "Who pays trips to Denmark by the head office?")
    ((_, miss),) = near_misses([record], kb.view(EVERYTHING), 0)
    assert miss is not None and miss["replaced"] == ["Denmark", "Norway"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("How often must the Tidal P200 and the Ripple S10 pump be cleaned?", False),
        ("潮汐 P200、微澜 S10 多久清洗一次 pump？", False),
        ("What does error E04 of the Tidal P200 pump mean?", True),
    ],
)
def test_one_of_several_listed_is_left_alone(knowledge_base: KnowledgeBase, text: str, made: bool) -> None:
    record = _record(knowledge_base, "manual.md", text)
    ((_, miss),) = near_misses([record], knowledge_base.view(EVERYTHING), 0)
    assert (miss is not None) == made


@pytest.mark.parametrize("text", ["How often is the pump cleaned?", "Is 300 rpm fast for 20 pumps at 5 %?"])
def test_quantities_and_common_words_are_left_alone(knowledge_base: KnowledgeBase, text: str) -> None:
    record = _record(knowledge_base, "manual.md", text)
    assert [miss for _, miss in near_misses([record], knowledge_base.view(EVERYTHING), 0)] == [None]


def test_without_another_known_word_there_is_no_near_miss(knowledge_base: KnowledgeBase) -> None:
    record = _record(knowledge_base, "manual.md", "What about P200?")
    assert [miss for _, miss in near_misses([record], knowledge_base.view(EVERYTHING), 0)] == [None]
