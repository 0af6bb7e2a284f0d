"""Decides whether a curated entry answers a question: surely, perhaps, or not.

Sure is a matter of words. An embedder puts "the warranty of the P200" beside "the warranty of the P300", so
however probable an entry is, its answer is given for the same words only; else it is shown as a suggestion,
unless it surely is about another thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.answer import Curated
from rag.curated.differences import asks_of_another, same_words
from rag.curated.features import candidates, entry_score, probability
from rag.filter import Filter
from rag.knowledge_base import Contents, QuestionHit, View
from rag.passage import metadata_of, with_score

LOOKED_AT = 20  # entries: enough to find a rival with another answer, in either language
_RANKED = 100  # entries: more than anyone reads
_REMEMBERED = 32  # questions: an answer asks twice, to match and to rank


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """The entry that fits best; "sure": its answer may be given straight."""

    entry: Curated
    verdict: Literal["sure", "likely"]


@dataclass(frozen=True, slots=True)
class Considered:
    """What the entries say of a question. ``ranked``: their passages' ids, those that fit best first."""

    match: FaqMatch | None
    ranked: tuple[str, ...]

    def arrange(self, found: Sequence[Document]) -> list[Document]:
        """The passages found, with entries in the order in which they fit, and first the one surely asked.

        Entries change places with entries only, so other passages keep theirs; each carries the score of its
        new place. (That a likely entry comes first, too, gained on sets of nothing but entries, and cost far
        more on the sample, where most answers stand elsewhere.)
        """
        places = {name: place for place, name in enumerate(self.ranked)}
        slots = [slot for slot, each in enumerate(found) if str(each.id) in places]
        ordered = sorted((found[slot] for slot in slots), key=lambda each: places[str(each.id)])
        ranked = list(found)
        for slot, passage in zip(slots, ordered, strict=True):
            ranked[slot] = with_score(passage, found[slot].metadata["score"])
        if self.match is None or self.match.verdict != "sure":
            return ranked
        first = self.match.entry.passage
        if ranked and ranked[0].id == first.id:
            return ranked
        best = max((float(each.metadata["score"]) for each in ranked), default=1.0)
        rest = [each for each in ranked if each.id != first.id]
        return [with_score(first, np.nextafter(best, np.inf).item()), *rest]


class FaqMatcher:
    """Matches questions with the questions of curated entries; threads may share one.

    Args:
        view: has the entries.
        embeddings: the embedder they were stored with; give one that remembers queries: retrieval asks too.
        likely: the least probability of a match that is worth showing.
    """

    def __init__(self, view: View, embeddings: Embeddings, *, likely: float = 0.5) -> None:
        self.view = view
        self.embeddings = embeddings
        self.likely = likely
        self._remembering = lru_cache(maxsize=_REMEMBERED)(self._consider)

    def match(self, question: str, filter: Filter | None = None) -> FaqMatch | None:
        """The entry that the question asks, if any is likely to be.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        return self.consider(question, filter).match

    def consider(self, question: str, filter: Filter | None = None) -> Considered:
        """The match and the ranking, of entries that pass the filter.

        Asked the same of the same generation again, it answers from memory.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        with self.view.contents() as contents:
            questions = contents.questions()
            if not questions.texts:
                return Considered(None, ())
            return self._remembering(questions.generation, question, filter)

    def judge(
        self, contents: Contents, question: str, vector: NDArray[np.float32], hits: Sequence[QuestionHit]
    ) -> FaqMatch | None:
        """What ``match`` says, of entries that are found already in a contents."""
        ids = [each.passage_id for each in hits]
        # Of an entry's phrasings the one with the question's own words counts, though another may lie nearer.
        own_words = _own_words(contents, question, ids)
        hits = [each._replace(question=own_words.get(each.passage_id, each.question)) for each in hits]
        passages = {str(each.id): each for each in contents.passages(ids)}
        cosines = contents.score_dense(vector, ids)
        answers = {each.passage_id: _answer(each, passages[each.passage_id]) for each in hits}
        chances = [
            (each.same_words, probability(each.features, same_words=each.same_words), each.hit)
            for each in candidates(question, hits, cosines, answers, contents.analyzer)
            if each.same_words
            or not asks_of_another(
                question, each.hit.question, answers[each.hit.passage_id], contents.analyzer
            )
        ]
        if not chances:
            return None
        same, chance, hit = max(chances, key=lambda each: each[:2])
        if chance < self.likely:
            return None
        entry = Curated(
            question=hit.question,
            answer=answers[hit.passage_id],
            passage=passages[hit.passage_id],
            start=hit.answer.start,
            end=hit.answer.end,
            probability=round(chance, 4),
        )
        # Entries that answer one question in two ways contradict each other: neither is sure.
        agreed = all(same_words(answers[each], entry.answer) for each in own_words)
        return FaqMatch(entry, "sure" if same and agreed else "likely")

    def _consider(self, generation: int, question: str, filter: Filter | None) -> Considered:
        """``consider``; the generation is what tells what is remembered from what has changed since."""
        vector = np.asarray(self.embeddings.embed_query(question), dtype=np.float32)
        with self.view.contents() as contents:
            hits = contents.search_questions(vector, _RANKED, filter)
            match = self.judge(contents, question, vector, hits[:LOOKED_AT])
            return Considered(match, _rank(contents, vector, hits))


def _own_words(contents: Contents, question: str, ids: Sequence[str]) -> dict[str, str]:
    """By passage id, the first phrasing that is the question, word for word, where an entry has one."""
    questions, wanted = contents.questions(), set(ids)
    found: dict[str, str] = {}
    for passage_id, text in zip(questions.passage_ids, questions.texts, strict=True):
        if passage_id in wanted and same_words(text, question):
            found.setdefault(passage_id, text)
    return found


def _rank(contents: Contents, vector: NDArray[np.float32], hits: Sequence[QuestionHit]) -> tuple[str, ...]:
    cosines = contents.score_dense(vector, [each.passage_id for each in hits])
    scores = {each.passage_id: entry_score(each.score, cosines[each.passage_id]) for each in hits}
    return tuple(sorted(scores, key=lambda each: -scores[each]))


def _answer(hit: QuestionHit, passage: Document) -> str:
    offset = metadata_of(passage)["start"]
    return passage.page_content[hit.answer.start - offset : hit.answer.end - offset]
