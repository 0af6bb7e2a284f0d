"""Entries that ask the same are reported, and whether they say the same."""

from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from ingest.document_text import assemble
from ingest.embedding import embed_new
from ingest.parsers.faq import faq_block
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from rag.curated.duplicates import list_entries, same_questions
from rag.knowledge_base import KnowledgeBase, NewDocument
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer
from tests.reading import seen

ENTRIES = [
    ("How long is the warranty?", ("Warranty period?",), "24 months."),
    ("How long is a warranty?", (), "36 months."),
    ("Where do visitors park?", (), "In the north area, by the gate."),
    ("Where do the visitors park?", (), "In the north area by the gate"),
    ("Where do visitors of site 2 park?", (), "In the south area."),
]


class WordEmbeddings(Embeddings):
    """Bags of words."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.full(64, 0.1)
        for term in Analyzer().content_terms(text):
            vector[sum(term.encode()) % 64] += 1
        return list((vector / np.linalg.norm(vector)).tolist())


def test_same_questions_are_paired_and_contradictions_named(tmp_path: Path) -> None:
    text = assemble([faq_block(question, answer, phrasings=more) for question, more, answer in ENTRIES])
    passages = split_text(PassageSplitter(), text, "")
    with KnowledgeBase.create(tmp_path, EmbedderFingerprint("words", 64, "0", "", "")) as knowledge_base:
        with knowledge_base.writer() as writer:
            document = NewDocument("faq.csv", "0", 1, 1, "csv", text=text.text)
            writer.put(writer.root("/d"), document, passages, embed_new(writer, passages, WordEmbeddings()))
            writer.publish()
        entries = list_entries(seen(knowledge_base))
        pairs = same_questions(seen(knowledge_base))

    assert [each.answer for each in entries] == [answer for _, _, answer in ENTRIES]
    assert entries[0].questions == ("How long is the warranty?", "Warranty period?")
    assert {(each.first.questions[0], each.second.questions[0], each.contradiction) for each in pairs} == {
        ("How long is the warranty?", "How long is a warranty?", "numbers"),
        ("Where do visitors park?", "Where do the visitors park?", None),
    }
    assert isinstance(pairs[0].similarity, float)
