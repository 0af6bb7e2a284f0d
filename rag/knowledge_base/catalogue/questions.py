"""The questions of curated entries in memory: an exact scan, since people write them and they are few."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import one_line
from rag.knowledge_base.catalogue.vectors import decode_vector
from rag.text.sentences import Span


class QuestionHit(NamedTuple):
    """A curated entry: its passage, the phrasing of its question that was found, that one's cosine."""

    passage_id: str
    question: str
    score: float
    answer: Span  # in the document's text


class StoredQuestion(NamedTuple):
    """One phrasing as the catalogue has it. ``inside``: it and the answer are parts of the passage."""

    key: int  # of the passage
    passage_id: str
    ordinal: int
    text: str
    digest: bytes
    answer: Span
    inside: bool
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class CuratedQuestions:
    """All phrasings of a generation, row by row; the rows of an entry follow each other."""

    generation: int
    keys: NDArray[np.int64]
    passage_ids: tuple[str, ...]
    texts: tuple[str, ...]
    answers: tuple[Span, ...]
    vectors: NDArray[np.float32]  # shape (rows, dimension)

    def search(
        self, vector: NDArray[np.float32], k: int, among: NDArray[np.int64] | None = None
    ) -> list[QuestionHit]:
        """The ``k`` entries of greatest cosine similarity, each by its best phrasing, best first.

        Args:
            vector: the query's, float32, shape (dimension,), of length 1.
            k: how many.
            among: keys of the passages that may be found, ascending; by default all.
        """
        scores = self.vectors @ vector
        allowed = None if among is None else np.isin(self.keys, among)
        best: dict[int, int] = {}  # key → row
        for row in np.argsort(-scores, kind="stable").tolist():
            if len(best) >= k:
                break
            if allowed is None or allowed[row]:
                best.setdefault(int(self.keys[row]), row)
        return [
            QuestionHit(self.passage_ids[row], self.texts[row], float(scores[row]), self.answers[row])
            for row in best.values()
        ]


def stored_questions(reader: Reader) -> Iterator[StoredQuestion]:
    """The phrasings of all entries, by passage and order, with their vectors."""
    rows = reader.fetch(
        'SELECT p.key, p.passage_id, q.ordinal, p.text, p.start, p."end", q.start, q."end", e.start, '
        'e."end", q.digest, v.vector FROM questions q JOIN entries e ON e.passage = q.passage '
        "JOIN passages p ON p.key = q.passage "
        "LEFT JOIN vectors v ON v.digest = q.digest AND v.embedder = :embedder "
        "ORDER BY p.key, q.ordinal"
    )
    for key, passage_id, ordinal, text, *places, digest, blob in rows:
        first, last, start, end, answer_start, answer_end = places
        question = one_line(text[max(0, start - first) : max(0, end - first)])
        inside = first <= start < end <= answer_start < answer_end <= last and bool(question)
        answer = Span(answer_start, answer_end)
        yield StoredQuestion(key, passage_id, ordinal, question, digest, answer, inside, blob)


def read_questions(reader: Reader) -> CuratedQuestions:
    """The questions of all entries, with their vectors; one that has none is left out."""
    rows = [each for each in stored_questions(reader) if each.vector is not None]
    vectors = np.empty((len(rows), reader.fingerprint.dimension), np.float32)
    for number, each in enumerate(rows):
        vectors[number] = decode_vector(each.vector or b"")
    return CuratedQuestions(
        reader.generation,
        np.array([each.key for each in rows], dtype=np.int64),
        tuple(each.passage_id for each in rows),
        tuple(each.text for each in rows),
        tuple(each.answer for each in rows),
        vectors,
    )
