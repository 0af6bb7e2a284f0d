"""The names in the best passage lead to the second document of a two-hop question."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.models.embedder import SentenceEmbeddings
from rag.retrievers import BridgingRetriever, HybridRetriever, LexicalRetriever
from rag.retrievers.multi_hop import add_scores, describes_something, new_names
from rag.retrievers.search_trace import StageRecorder

QUESTION = "Who directed the film that starred Ann Berg?"
TEXTS = {
    "berg.md": "Ann Berg starred in the film Winter Harbour, for which she won a prize.",
    "harbour.md": "Winter Harbour: Tom Lind made it in a village by the sea.",
    **{f"film-{n}.md": f"The film number {n} was directed by somebody else." for n in range(8)},
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
                passage = NewPassage(text, 0, len(text))
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                document = NewDocument(source, sha256, len(text), 0, "test", text=text)
                vectors = {passage.digest: embeddings.encode_passages([text])[0]}
                writer.put(root, document, [passage], vectors)
            writer.publish()
        yield kb


@pytest.fixture
def retriever(knowledge_base: KnowledgeBase) -> BridgingRetriever:
    inner = LexicalRetriever(knowledge_base=knowledge_base, k=5)
    return BridgingRetriever(retriever=inner, knowledge_base=knowledge_base, k=5)


def sources(found: list[Document]) -> list[str]:
    return [str(each.metadata["source"]) for each in found]


def test_document_that_only_the_first_one_names_is_found(retriever: BridgingRetriever) -> None:
    assert "harbour.md" not in sources(retriever.retriever.invoke(QUESTION))
    found = retriever.invoke(QUESTION)
    assert sources(found)[:2] == ["berg.md", "harbour.md"]
    assert len(found) == 5
    scores = [each.metadata["score"] for each in found]
    assert scores == sorted(scores, reverse=True)


def test_other_questions_find_what_they_would_without(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    inner = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings, k=4)
    retriever = BridgingRetriever(retriever=inner, knowledge_base=knowledge_base, k=4)
    for question in ("Who starred in Winter Harbour?", "谁导演了Ann Berg主演的电影？", "film"):
        assert retriever.invoke(question) == inner.invoke(question)


def test_filter_and_documents_left_out_hold_for_both_searches(retriever: BridgingRetriever) -> None:
    found = sources(retriever.invoke(QUESTION, filter=Filter(source=("berg.md", "film-*"))))
    assert "berg.md" in found and "harbour.md" not in found
    only = retriever.model_copy(update={"filter": Filter(source=("harbour.md", "berg.md"))})
    assert sources(only.invoke(QUESTION)) == ["berg.md", "harbour.md"]


def test_left_out_documents_lead_nowhere(
    knowledge_base: KnowledgeBase, embeddings: SentenceEmbeddings
) -> None:
    inner = HybridRetriever(knowledge_base=knowledge_base, embeddings=embeddings)
    retriever = BridgingRetriever(retriever=inner, knowledge_base=knowledge_base)
    assert "berg.md" in sources(retriever.invoke(QUESTION))
    assert "berg.md" not in sources(retriever.leaving_out(frozenset({"berg.md"})).invoke(QUESTION))


def test_the_search_with_the_names_is_told(retriever: BridgingRetriever) -> None:
    recorder = StageRecorder()
    found = retriever.invoke(QUESTION, {"callbacks": [recorder]})
    [merged] = recorder.stages
    assert (merged.name, merged.query) == ("names followed", QUESTION)
    assert [each.id for each in merged.passages][: len(found)] == [each.id for each in found]


def test_nothing_found_is_nothing(retriever: BridgingRetriever) -> None:
    assert retriever.invoke(QUESTION, filter=Filter(source=("none",))) == []


@pytest.mark.parametrize(
    ("question", "describes"),
    [
        ("Who directed the film that starred Ann Berg?", True),
        ("What is the capital of the country where Lake Vern lies?", True),
        ("In which year was the author of the book of poems born?", True),
        ("What is the warranty of the P100?", False),
        ("Where do I park?", False),
        ("In which year was Bonn founded?", False),
        ("Who directed the film that starred Ann Berg?\nAnd when?", False),
        ("Which pump is quiet?", False),
        ("Aspirin lowers the risk that patients have strokes.", False),
        ("住宿标准是多少？", False),
    ],
)
def test_question_that_describes_what_it_does_not_name_is_told_from_others(
    question: str, describes: bool
) -> None:
    assert describes_something(question) == describes


def test_names_are_the_passages_own_and_not_the_questions() -> None:
    passage = Document(
        page_content="The film stars Ann Berg. It was made by T. S. Lind of Oslo and the Duke of Kent.",
        metadata={"context": "Winter Harbour\nWinter Harbour > Cast"},
    )
    assert new_names(QUESTION, passage) == ["Winter Harbour", "T. S. Lind of Oslo", "Duke of Kent"]


def test_scores_are_added_and_what_one_search_lacks_counts_as_its_last() -> None:
    def ranking(**scores: float) -> list[Document]:
        return [
            Document(id=name, page_content=name, metadata={"score": score}) for name, score in scores.items()
        ]

    ranked = add_scores(ranking(a=9.0, b=5.0, c=4.0), ranking(d=20.0, b=18.0, a=10.0))
    assert [(each.id, each.metadata["score"]) for each in ranked] == [
        ("a", 4.0),
        ("b", 4.0),
        ("d", 4.0),
        ("c", -1.0),
    ]
    assert add_scores(ranking(a=1.0), []) == ranking(a=1.0)
