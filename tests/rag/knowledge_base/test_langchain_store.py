"""LangChain's own tests of vector stores, and what they leave out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests.vectorstores import VectorStoreIntegrationTests

from rag.answering import AnswerChain
from rag.answering.extractive import ExtractiveReader
from rag.errors import KnowledgeBaseBusy, KnowledgeBaseError, KnowledgeBaseMismatch
from rag.filter import EVERYTHING
from rag.knowledge_base import KnowledgeBase, NewDocument, NewPassage
from rag.knowledge_base.langchain_store import STORE_ROOT, PassageStore, fingerprint_of
from rag.retrievers import PassageSearch
from rag.text.analysis import Analyzer
from tests.reading import seen


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PassageStore]:
    embedding = DeterministicFakeEmbedding(size=8)
    with KnowledgeBase.create(tmp_path / "kb", fingerprint_of(embedding)) as knowledge_base:
        yield PassageStore(knowledge_base, embedding, EVERYTHING, timeout=0)


class TestPassageStoreStandard(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[PassageStore]:
        embedding = self.get_embeddings()
        with KnowledgeBase.create(tmp_path / "kb", fingerprint_of(embedding)) as knowledge_base:
            yield PassageStore(knowledge_base, embedding, EVERYTHING)


def test_metadata_of_any_shape_comes_back_as_it_was(store: PassageStore) -> None:
    metadata = {"tuple": (1, ("a",)), "list": [None, 1.5], "nested": {"键": True}, "score": 0.5}
    store.add_documents([Document(id="x", page_content="text", metadata=metadata)])
    assert store.get_by_ids(["x"])[0].metadata == metadata
    assert repr(store.similarity_search("text", k=1)[0].metadata) == repr(metadata)


def test_stored_documents_can_be_answered_from_and_are_cited_by_their_source(store: PassageStore) -> None:
    text = "值班电话是 8820。"
    named = Document(id="x", page_content=text, metadata={"source": "https://x.test/notice", "start": "?"})
    store.add_documents([named, Document(id="y", page_content="电话")])
    [passage, other] = seen(store.knowledge_base).passages(["x", "y"])
    assert (passage.metadata["source"], other.metadata["source"]) == ("https://x.test/notice", "y")
    assert (passage.metadata["start"], passage.metadata["end"]) == (0, len(text))
    assert passage.metadata["lang"] == "zh"

    chain = AnswerChain(
        PassageSearch(view=store.knowledge_base.view(EVERYTHING), embeddings=store.embeddings),
        ExtractiveReader(analyzer=Analyzer()),
        Analyzer(),
    )
    answer = chain.invoke("值班电话是多少？")
    assert [each.passage.id for each in answer.citations] == ["x"]


def test_score_is_the_cosine(store: PassageStore) -> None:
    store.add_texts(["red", "green"], ids=["r", "g"])
    [(first, score), _] = store.similarity_search_with_score("red", k=2)
    assert first.id == "r"
    assert score == pytest.approx(1.0, abs=2e-3)
    [(_, relevance)] = store.similarity_search_with_relevance_scores("red", k=1)
    assert relevance == pytest.approx(1.0, abs=2e-3)


def test_last_of_equal_ids_wins_and_the_same_text_twice_is_kept(store: PassageStore) -> None:
    store.add_texts(["old", "new", "new"], ids=["a", "a", "b"])
    assert [each.page_content for each in store.get_by_ids(["a", "b"])] == ["new", "new"]
    assert {each.id for each in store.similarity_search("new", k=5)} == {"a", "b"}


def test_delete_without_ids_deletes_what_stores_added(store: PassageStore) -> None:
    store.add_texts(["one", "two"])
    store.delete()
    assert store.similarity_search("one", k=5) == []
    assert store.knowledge_base.verify().ok


def test_passage_of_a_file_is_found_but_not_deleted(store: PassageStore) -> None:
    text = "from a file"
    with store.knowledge_base.writer() as writer:
        passage = NewPassage(text=text, start=0, end=len(text))
        document = NewDocument("a.txt", "0", 1, 1, "text", text=text)
        vector = np.array(store.embeddings.embed_documents([text])[0], dtype=np.float32)
        unit = vector / np.linalg.norm(vector)
        writer.put(writer.root("/docs"), document, [passage], {passage.digest: unit})
        writer.publish()
    [found] = store.similarity_search(text, k=1)
    assert found.metadata["source"] == "a.txt"
    with pytest.raises(KnowledgeBaseError, match=r"belongs to the ingested file a\.txt"):
        store.delete([str(found.id)])
    assert store.similarity_search(text, k=1) == [found]


def test_metadata_that_is_not_json_is_refused_and_nothing_is_stored(store: PassageStore) -> None:
    with pytest.raises(TypeError, match="metadata can't hold"):
        store.add_documents([Document(page_content="text", metadata={"a": object()})])
    assert store.similarity_search("text", k=1) == []
    with pytest.raises(ValueError, match="zip"):
        store.add_texts(["one", "two"], ids=["only one"])


def test_other_writer_is_respected(store: PassageStore) -> None:
    with store.knowledge_base.writer(), pytest.raises(KnowledgeBaseBusy):
        store.add_texts(["text"])


def test_from_texts_makes_a_store_that_can_be_opened_again(tmp_path: Path) -> None:
    embedding = DeterministicFakeEmbedding(size=8)
    with pytest.raises(ValueError, match="path="):
        PassageStore.from_texts(["one"], embedding)
    with pytest.raises(ValueError, match="roots="):
        PassageStore.from_texts(["one"], embedding, path=tmp_path / "kb")
    made = PassageStore.from_texts(
        ["one", "two"], embedding, ids=["1", "2"], path=tmp_path / "kb", roots=EVERYTHING
    )
    made.knowledge_base.close()
    with KnowledgeBase.open(tmp_path / "kb", fingerprint=fingerprint_of(embedding)) as knowledge_base:
        assert PassageStore(knowledge_base, embedding, EVERYTHING).similarity_search("two", k=1)[0].id == "2"
    with pytest.raises(KnowledgeBaseMismatch, match=r"dimension 8.*dimension 9"):
        PassageStore.from_texts(
            ["x"], DeterministicFakeEmbedding(size=9), path=tmp_path / "kb", roots=EVERYTHING
        )


async def test_retriever_made_of_the_store_works_asynchronously(store: PassageStore) -> None:
    await store.aadd_texts(["red", "green"], ids=["r", "g"])
    retriever = store.as_retriever(search_kwargs={"k": 1})
    assert [each.id for each in await retriever.ainvoke("green")] == ["g"]


def test_store_finds_what_its_view_has_and_no_more(store: PassageStore) -> None:
    store.add_texts(["secret"], ids=["s"])
    blind = PassageStore(store.knowledge_base, store.embeddings, frozenset({"/docs"}), timeout=0)
    assert blind.similarity_search("secret", k=5) == []
    assert blind.get_by_ids(["s"]) == []
    own = PassageStore(store.knowledge_base, store.embeddings, frozenset({STORE_ROOT}), timeout=0)
    assert [each.id for each in own.similarity_search("secret", k=5)] == ["s"]
