"""A question's parts are searched beside it, on a real knowledge base."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag.build import build_retriever
from rag.curated.ranking import CuratedRetriever
from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.embedder import SentenceEmbeddings
from rag.questions.parts import split_question
from rag.retrievers import (
    BridgingRetriever,
    FusionRetriever,
    HybridRetriever,
    LexicalRetriever,
    PartsRetriever,
)
from rag.retrievers.multi_part import take_in_turns
from rag.retrievers.search_trace import StageRecorder
from rag.settings import Settings
from rag.text.language import language_of

LEAVE = "年假每年十二天，按入职时间折算。"
OVERTIME = "周末工作到很晚的人，加班按每小时两倍工资计算，由财务人员发放。"
TEXTS = {
    "leave.md": LEAVE,
    "overtime.md": OVERTIME,
    **{f"valve-{n}.md": f"潮汐隔膜水泵的橡胶膜片更换周期，第{n}号表格：橡胶膜片更换周期。" for n in range(7)},
    "d80.md": "The Spring D80 weighs four kilograms.",
    "s10.md": "The Ripple S10 weighs two kilograms.",
    "parking.md": "Visitors park in the north.",
}
QUESTION = "年假有多少天，加班怎么算？"


class Interfering(Embeddings):
    """Embeds queries, and has something happen before each."""

    def __init__(self, embeddings: Embeddings, meanwhile: Callable[[], None]) -> None:
        self._embeddings, self._meanwhile = embeddings, meanwhile

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        self._meanwhile()
        return self._embeddings.embed_query(text)


@pytest.fixture
def embeddings(tiny_embedder_folder: Path) -> SentenceEmbeddings:
    return SentenceEmbeddings(tiny_embedder_folder, device="cpu")


def put(kb: KnowledgeBase, embeddings: SentenceEmbeddings, texts: dict[str, str]) -> None:
    with kb.writer() as writer:
        root = writer.root("texts")
        for source, text in texts.items():
            passage = NewPassage(text, 0, len(text), lang=language_of(text))
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            document = NewDocument(source, sha256, len(text.encode()), 0, "test", text=text)
            writer.put(root, document, [passage], {passage.digest: embeddings.encode_passages([text])[0]})
        writer.publish()


@pytest.fixture
def knowledge_base(embeddings: SentenceEmbeddings, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with KnowledgeBase.create(tmp_path / "kb", embeddings.fingerprint) as kb:
        put(kb, embeddings, TEXTS)
        yield kb


@pytest.fixture
def retriever(knowledge_base: KnowledgeBase) -> PartsRetriever:
    inner = LexicalRetriever(knowledge_base=knowledge_base, k=6)
    return PartsRetriever(retriever=inner, knowledge_base=knowledge_base, k=6)


def sources(found: list[Document]) -> list[str]:
    return [str(each.metadata["source"]) for each in found]


def test_both_parts_passages_are_found_where_the_question_finds_one_parts(retriever: PartsRetriever) -> None:
    question = "潮汐隔膜水泵的橡胶膜片更换周期是多少，加班怎么算？"
    assert all(each.startswith("valve") for each in sources(retriever.retriever.invoke(question)))
    found = retriever.invoke(question)
    assert {each[:5] for each in sources(found)[:3]} == {"valve", "overt"}
    assert len(found) == 6 == len({each.id for each in found})
    scores = [each.metadata["score"] for each in found]
    assert scores == sorted(scores, reverse=True)


def test_what_is_compared_is_found(retriever: PartsRetriever) -> None:
    found = sources(retriever.invoke("Which is heavier, the Spring D80 or the Ripple S10?"))
    assert {"d80.md", "s10.md"} <= set(found[:3])


@pytest.mark.parametrize(
    "question", ["年假有多少天？", "Where do visitors park?", "D80", "What are terms and conditions?"]
)
def test_question_that_asks_one_thing_finds_what_it_would_without(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings, question: str
) -> None:
    inner = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=4)
    retriever = PartsRetriever(retriever=inner, knowledge_base=knowledge_base, k=4)
    assert retriever.invoke(question) == inner.invoke(question)


@pytest.mark.parametrize("faq", [True, False])
@pytest.mark.parametrize("fusion", ["scores", "ranks"])
async def test_filter_holds_for_every_part(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings, fusion: str, faq: bool
) -> None:
    settings = Settings().override("retrieval", fusion=fusion).override("faq", enabled=faq)
    only = Filter(source=("leave*", "overtime*"))
    by_query = build_retriever(settings, knowledge_base, embeddings)
    by_default = build_retriever(settings, knowledge_base, embeddings, filter=only)
    for found in (
        by_query.invoke(QUESTION, filter=only),
        await by_query.ainvoke(QUESTION, filter=only),
        by_default.invoke(QUESTION),
    ):
        assert found and all(each.startswith(("leave", "overtime")) for each in sources(found))
    assert sources(by_query.invoke(QUESTION, filter=Filter(source=("parking.md",)))) == ["parking.md"]


def test_all_parts_are_searched_in_one_generation(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    more = iter(range(100))

    def publish() -> None:
        put(knowledge_base, embeddings, {f"new-{next(more)}.md": f"{QUESTION}{OVERTIME}"})

    retriever = build_retriever(Settings(), knowledge_base, Interfering(embeddings, publish), k=40)
    first = sources(retriever.invoke(QUESTION))
    assert next(more) > 2  # every part was embedded, and something was published before each
    assert not any(each.startswith("new") for each in first)
    assert any(each.startswith("new") for each in sources(retriever.invoke(QUESTION)))


@pytest.mark.parametrize("fusion", ["scores", "ranks"])
def test_documents_left_out_take_no_part(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings, fusion: str
) -> None:
    settings = Settings().override("retrieval", fusion=fusion)
    curated = build_retriever(settings, knowledge_base, embeddings, k=40)
    assert isinstance(curated, CuratedRetriever)
    assert "overtime.md" in sources(curated.invoke(QUESTION))
    assert "overtime.md" not in sources(curated.leaving_out(frozenset({"overtime.md"})).invoke(QUESTION))
    parts = curated.retriever
    assert isinstance(parts, PartsRetriever)
    assert isinstance(parts.retriever, BridgingRetriever if fusion == "scores" else FusionRetriever)
    without = parts.leaving_out(frozenset({"leave.md"}))
    assert "leave.md" in sources(parts.invoke(QUESTION))
    assert "leave.md" not in sources(without.invoke(QUESTION))


def test_every_search_of_a_question_in_parts_is_told_with_what_was_searched_for(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    recorder = StageRecorder()
    retriever = build_retriever(Settings(), knowledge_base, embeddings, k=3)
    found = retriever.invoke(QUESTION, {"callbacks": [recorder]})
    *candidates, taken = recorder.stages
    assert {each.name for each in candidates} == {"candidates"}
    assert [each.query for each in candidates] == [QUESTION, *split_question(QUESTION)]
    assert taken.name == "in turns" and [each.id for each in taken.passages] == [each.id for each in found]


def test_setting_turns_it_off(knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings) -> None:
    off = (
        Settings()
        .override("retrieval", split_questions=False, follow_names=False)
        .override("faq", enabled=False)
    )
    assert isinstance(build_retriever(off, knowledge_base, embeddings), HybridRetriever)


def ranking(names: str, **metadata: Any) -> list[Document]:
    return [
        Document(id=name, page_content=f"{name} says {name * 3}", metadata={"score": 9.0 - place, **metadata})
        for place, name in enumerate(names)
    ]


def test_rankings_take_turns_and_each_passage_comes_once() -> None:
    found = take_in_turns([ranking("abcd"), ranking("xa"), ranking("yzc")], 6)
    assert [each.id for each in found] == ["a", "x", "y", "b", "z", "c"]
    assert [each.metadata["score"] for each in found] == [9.0, 9.0, 9.0, 8.0, 8.0, 7.0]
    assert take_in_turns([[], []], 6) == []
