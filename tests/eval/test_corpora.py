"""What tells two knowledge bases of the same files apart; what corpora have in common."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings

from eval.corpora import contents_digest, open_corpus
from eval.datasets.records import EvalDocument
from rag.models.fingerprint import EmbedderFingerprint
from rag.settings import SplitterSettings
from tests.reading import seen


def test_contents_are_told_by_passages_not_by_files(make_knowledge_base: Any) -> None:
    knowledge_base = make_knowledge_base({"a": "The pump is cleaned twice a year.", "b": "The tube is red."})
    before = contents_digest(seen(knowledge_base))
    assert before == contents_digest(seen(knowledge_base))
    with knowledge_base.writer() as writer:
        root = writer.root("eval:corpus")
        writer.remove(root, "b")
        writer.publish()
    assert contents_digest(seen(knowledge_base)) != before


class CountingEmbeddings(Embeddings):
    """Embeds by a text's length, and tells how many it was given."""

    count = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.count += len(texts)
        return [[float(len(text)), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.mark.parametrize(("digest", "embedded"), [("same", 1), ("another", 3)])
def test_a_corpus_embeds_what_no_other_one_has(tmp_path: Path, digest: str, embedded: int) -> None:
    documents = [EvalDocument(name, "", f"Pump {name} is blue.", "en") for name in ("a", "bb", "ccc")]
    first, second = CountingEmbeddings(), CountingEmbeddings()
    known = EmbedderFingerprint("lengths", 2, "same", "", "")
    open_corpus(documents[:2], first, known, SplitterSettings(), tmp_path).close()
    fingerprint = EmbedderFingerprint("lengths", 2, digest, "", "")
    with open_corpus(documents, second, fingerprint, SplitterSettings(), tmp_path) as kb:
        assert kb.verify().problems == ()
        assert {each.source for each in seen(kb).documents()} == {"a", "bb", "ccc"}
    assert (first.count, second.count) == (2, embedded)


def test_a_corpus_is_the_same_in_any_order(tmp_path: Path) -> None:
    documents = [EvalDocument(name, "", f"Pump {name} is blue.", "en") for name in ("a", "bb")]
    embeddings, fingerprint = CountingEmbeddings(), EmbedderFingerprint("lengths", 2, "same", "", "")
    for some in (documents, documents[::-1]):
        open_corpus(some, embeddings, fingerprint, SplitterSettings(), tmp_path).close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_corpus_beside_it_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "catalogue.sqlite").write_bytes(b"nothing of the kind" * 100)
    documents = [EvalDocument("a", "", "The pump is blue.", "en")]
    fingerprint = EmbedderFingerprint("lengths", 2, "same", "", "")
    with open_corpus(documents, CountingEmbeddings(), fingerprint, SplitterSettings(), tmp_path) as kb:
        assert kb.verify().problems == ()
