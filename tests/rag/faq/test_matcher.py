"""Entries are matched by their questions; what differs is never sure."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from ingest.document_text import assemble
from ingest.embedding import embed_new
from ingest.parsers.faq import faq_block
from ingest.reading import split_text
from ingest.splitter import PassageSplitter
from rag.faq import FaqMatcher
from rag.faq.calibration import probability
from rag.faq.features import Features, shared_words
from rag.knowledge_base import Analyzer, EmbedderFingerprint, Glossary, KnowledgeBase, NewDocument, NewPassage

ENTRIES = [
    ("How long is the warranty of the P200?", ["P200 warranty period?"], "24 months."),
    ("Can I pay by credit card?", [], "No, by bank transfer."),
    ("年假有多少天？", ["几天年假？"], "十二天。"),
    ("Where do visitors park?", [], "In the north area."),
    ("Where do visitors leave their car?", [], "In the south area."),
]


class WordEmbeddings(Embeddings):
    """Bags of words, so that questions which share words are alike."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.full(64, 0.3)
        for term in Analyzer().content_terms(text):
            vector[sum(term.encode()) % 64] += 1
        return list((vector / np.linalg.norm(vector)).tolist())


@pytest.fixture
def knowledge_base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    text = assemble([faq_block(question, answer, phrasings=more) for question, more, answer in ENTRIES])
    passages = split_text(PassageSplitter(), text, "")
    with KnowledgeBase.create(tmp_path, EmbedderFingerprint("words", 64, "0", "", "")) as made:
        with made.writer() as writer:
            document = NewDocument("faq.csv", "0", 1, 1, "csv", text=text.text)
            vectors = embed_new(writer, passages, WordEmbeddings())
            writer.put(writer.root("/docs"), document, passages, vectors)
            writer.publish()
        yield made


def test_the_entrys_own_question_is_sure_and_its_answer_exact(knowledge_base: KnowledgeBase) -> None:
    match = FaqMatcher(knowledge_base, WordEmbeddings()).match("p200 warranty period")

    assert match is not None
    assert (match.verdict, match.entry.answer) == ("sure", "24 months.")
    assert match.entry.question == "P200 warranty period?"
    assert match.entry.probability >= 0.95
    text = knowledge_base.text("faq.csv")
    assert text[match.entry.start : match.entry.end] == "24 months."


@pytest.mark.parametrize(
    "question", ["P300 warranty period?", "How long is the warranty of the P200 in 2024?"]
)
def test_other_code_or_year_is_never_sure(knowledge_base: KnowledgeBase, question: str) -> None:
    match = FaqMatcher(knowledge_base, WordEmbeddings(), sure=0.0001, likely=0.0001).match(question)

    assert match is not None
    assert match.verdict == "likely"
    assert match.difference in ("a number", "a name or a code")


def test_entry_is_not_sure_where_a_passage_that_is_none_is_nearer(knowledge_base: KnowledgeBase) -> None:
    matcher = FaqMatcher(knowledge_base, WordEmbeddings(), sure=0.0001, likely=0.0001)
    question = "Can one of us pay by credit card?"
    before = matcher.match(question)
    assert before is not None and before.verdict == "sure"

    text = "One of us can pay by credit card."
    passage = NewPassage(text, 0, len(text))
    with knowledge_base.writer() as writer:
        document = NewDocument("note.md", "1", 1, 1, "md", text=text)
        vectors = embed_new(writer, [passage], WordEmbeddings())
        writer.put(writer.root("/docs"), document, [passage], vectors)
        writer.publish()
    after = matcher.match(question)
    assert after is not None and after.entry == before.entry
    assert (after.verdict, after.difference) == ("likely", "another passage is nearer")


def test_nothing_is_likely_of_a_question_about_something_else(knowledge_base: KnowledgeBase) -> None:
    assert FaqMatcher(knowledge_base, WordEmbeddings()).match("Which tube fits acids?") is None


def test_knowledge_base_without_entries_has_no_match(tmp_path: Path) -> None:
    with KnowledgeBase.create(tmp_path, EmbedderFingerprint("words", 64, "0", "", "")) as empty:
        assert FaqMatcher(empty, WordEmbeddings()).match("Anything?") is None


def test_probability_rises_with_every_feature_and_synonyms_are_shared_words() -> None:
    low = Features(0.85, 0.0, 0.2, False)
    assert probability(low) < probability(low._replace(score=0.95)) < 1
    assert probability(low) < probability(low._replace(margin=0.05))
    assert probability(low) < probability(low._replace(shared=0.9))
    assert probability(low, same_words=True) >= 0.99
    analyzer = Analyzer(Glossary.parse("warranty, guarantee"))
    assert shared_words("the guarantee", "a warranty", analyzer) == 1.0
    assert shared_words("the guarantee", "a warranty", Analyzer()) == 0.0
