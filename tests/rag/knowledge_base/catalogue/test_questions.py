"""Curated questions: vectors of their own, that live and die with their document."""

import sqlite3
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseMismatch
from rag.filter import Filter
from rag.knowledge_base import FaqEntry, KnowledgeBase, NewDocument, NewPassage, Writer
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.sentences import Span
from tests.reading import seen

Embed = Callable[[str], NDArray[np.float32]]


def put_entry(
    writer: Writer, embed: Embed, source: str, questions: list[str], answer: str, **more: object
) -> list[str]:
    """Store an entry as a document; returns the texts that were embedded as queries."""
    text = "\n".join([*questions, answer])
    starts = [sum(len(each) + 1 for each in questions[:number]) for number in range(len(questions))]
    spans = tuple(Span(start, start + len(each)) for start, each in zip(starts, questions, strict=True))
    entry = FaqEntry(spans, Span(len(text) - len(answer), len(text)))
    passage = NewPassage(text, 0, len(text), kind="faq", entry=entry)
    missing = writer.missing_questions([passage])
    vectors = {digest: embed(f"query: {question}") for digest, question in missing.items()}
    vectors |= {each.digest: embed(each.text) for each in writer.missing_vectors([passage])}
    document = NewDocument(source, "0", len(text), 1, "csv", text=text)
    writer.put(writer.root("/docs"), document, [passage], vectors)
    return list(missing.values())


@pytest.fixture
def curated(knowledge_base: KnowledgeBase, embed: Embed) -> KnowledgeBase:
    """Two entries, published."""
    with knowledge_base.writer() as writer:
        put_entry(writer, embed, "a.csv", ["How long?", "For how\nlong?"], "Two years.")
        put_entry(writer, embed, "b.csv", ["Who pays?"], "The sender.")
        writer.publish()
    return knowledge_base


def test_entry_is_found_by_its_best_phrasing_with_its_answer(curated: KnowledgeBase, embed: Embed) -> None:
    first, second = seen(curated).search_questions(embed("query: For how long?"), 5)

    assert (first.question, round(first.score, 2)) == ("For how long?", 1.0)
    assert second.question == "Who pays?"
    [passage] = seen(curated).passages([first.passage_id])
    assert seen(curated).text(passage.metadata["source"])[slice(*first.answer)] == "Two years."
    assert [each.question for each in seen(curated).search_questions(embed("query: How long?"), 1)] == [
        "How long?"
    ]
    only = seen(curated).search_questions(embed("query: How long?"), 5, Filter(source=("b.csv",)))
    assert [each.question for each in only] == ["Who pays?"]


def test_question_of_another_dimension_is_refused(curated: KnowledgeBase) -> None:
    with pytest.raises(KnowledgeBaseMismatch, match="shape"):
        seen(curated).search_questions(np.ones(3, np.float32), 1)


def test_questions_die_with_their_document_and_equal_ones_share_a_vector(
    curated: KnowledgeBase, embed: Embed
) -> None:
    with curated.writer() as writer:
        assert put_entry(writer, embed, "c.csv", ["Who pays?"], "Nobody.") == []
        writer.remove(writer.root("/docs"), "a.csv")
        assert len(seen(curated).questions().texts) == 3
        writer.publish()

    assert seen(curated).questions().texts == ("Who pays?", "Who pays?")
    assert curated.verify().ok
    assert curated.verify().questions == 2
    connection = sqlite3.connect(curated.path / "catalogue.sqlite")
    assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (3,)
    connection.close()


def test_renamed_document_keeps_its_entry(curated: KnowledgeBase, embed: Embed) -> None:
    with curated.writer() as writer:
        writer.rename(writer.root("/docs"), "a.csv", "z.csv", 2)
        writer.publish()

    best = seen(curated).search_questions(embed("query: How long?"), 1)[0]
    [passage] = seen(curated).passages([best.passage_id])
    assert passage.metadata["source"] == "z.csv"
    assert seen(curated).text("z.csv")[slice(*best.answer)] == "Two years."
    assert curated.verify().ok


def test_nothing_is_stored_of_an_entry_whose_spans_or_vectors_are_wrong(
    curated: KnowledgeBase, embed: Embed
) -> None:
    passage = NewPassage("Q?\nA.", 0, 5, kind="faq", entry=FaqEntry((Span(0, 2),), Span(3, 9)))
    document = NewDocument("d.csv", "0", 5, 1, "csv", text="Q?\nA.")
    with curated.writer() as writer:
        root = writer.root("/docs")
        with pytest.raises(ValueError, match="isn't part of it"):
            writer.put(root, document, [passage], {passage.digest: embed("x")})
        sound = NewPassage("Q?\nA.", 0, 5, kind="faq", entry=FaqEntry((Span(0, 2),), Span(3, 5)))
        with pytest.raises(ValueError, match=r"vector of the question 'Q\?' is missing"):
            writer.put(root, document, [sound], {sound.digest: embed("x")})
        assert writer.publish() == 1
    assert len(seen(curated).documents()) == 2


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE questions SET start = start + 1 WHERE ordinal = 1", "points to the vector of another text"),
        ('UPDATE entries SET "end" = 99', "isn't part of the passage"),
        ("DELETE FROM vectors WHERE digest IN (SELECT digest FROM questions)", "is missing"),
    ],
)
def test_verify_names_damaged_questions(
    curated: KnowledgeBase, fingerprint: EmbedderFingerprint, damage: str, problem: str
) -> None:
    curated.close()
    connection = sqlite3.connect(curated.path / "catalogue.sqlite")
    connection.execute(damage)
    connection.commit()
    connection.close()

    with KnowledgeBase.open(curated.path, fingerprint=fingerprint) as reopened:
        report = reopened.verify()

    assert any(problem in each and "question" in each for each in report.problems)
