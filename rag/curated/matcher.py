"""Decides whether a curated entry answers a question: surely, perhaps, or not."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.answer import Curated
from rag.curated.calibration import probability
from rag.curated.differences import difference
from rag.curated.features import Candidate, candidates, entry_score
from rag.curated.paraphrases import same_question
from rag.curated.substitutions import is_substituted
from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, QuestionHit
from rag.passage import metadata_of
from rag.text.tokens import same_words

LOOKED_AT = 20  # entries: enough to find a rival with another answer, in either language
_RANKED = 100  # entries: more than anyone reads
_NEAREST = 10  # passages, among which one that is no entry may fit better than the best entry
Paraphrases = Literal["none", "listed", "probable"]
_REMEMBERED = 32  # questions: an answer asks twice, to match and to rank


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """The entry that fits best. ``difference``: why it isn't sure although the questions read alike."""

    entry: Curated
    verdict: Literal["sure", "likely"]
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """What the entries say of a question. ``ranked``: their passages' ids, those that fit best first."""

    match: FaqMatch | None
    ranked: tuple[str, ...]


class FaqMatcher:
    """Matches questions with the questions of curated entries; threads may share one.

    Args:
        knowledge_base: has the entries.
        embeddings: the embedder it was made with; give one that remembers queries, for retrieval asks too.
        sure: the least probability of a match whose answer may be given without more.
        likely: the least probability of one that is worth showing.
        paraphrases: which questions in other words than the entry's can be sure: "none"; those that say the
            same but for a closed list ("listed", ``same_question``); or all that are so probable and differ
            in nothing that can be seen ("probable").
    """

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        embeddings: Embeddings,
        *,
        sure: float = 0.95,
        likely: float = 0.5,
        paraphrases: Paraphrases = "none",
    ) -> None:
        self.knowledge_base = knowledge_base
        self.embeddings = embeddings
        self.sure = sure
        self.likely = likely
        self.paraphrases = paraphrases
        self._lock = Lock()
        self._remembered: OrderedDict[tuple[int, str, Filter | None, frozenset[str]], Considered] = (
            OrderedDict()
        )

    def match(self, question: str, filter: Filter | None = None) -> FaqMatch | None:
        """The entry that the question asks, if any is likely to be.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        return self.consider(question, filter).match

    def consider(
        self, question: str, filter: Filter | None = None, left_out: frozenset[str] = frozenset()
    ) -> Considered:
        """The match and the ranking, of entries that pass the filter and whose source isn't ``left_out``.

        Asked the same of the same generation again, it answers from memory.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        with self.knowledge_base.pinned():
            questions = self.knowledge_base.questions()
            if not questions.texts:
                return Considered(None, ())
            key = (questions.generation, question, filter, left_out)
            with self._lock:
                if key in self._remembered:
                    self._remembered.move_to_end(key)
                    return self._remembered[key]
            vector = np.asarray(self.embeddings.embed_query(question), dtype=np.float32)
            hits = self.knowledge_base.search_questions(vector, _RANKED, filter)
            if left_out:
                hits = self._without(hits, left_out)
            match = self.judge(question, vector, hits[:LOOKED_AT], filter)
            considered = Considered(match, self._rank(vector, hits))
            with self._lock:
                self._remembered[key] = considered
                while len(self._remembered) > _REMEMBERED:
                    self._remembered.popitem(last=False)
            return considered

    def judge(
        self,
        question: str,
        vector: NDArray[np.float32],
        hits: Sequence[QuestionHit],
        filter: Filter | None = None,
    ) -> FaqMatch | None:
        """What ``match`` says, of entries that are found already and passages that pass the filter."""
        ids = [each.passage_id for each in hits]
        phrasings = self._phrasings(ids)
        hits = [self._as_asked(question, each, phrasings[each.passage_id]) for each in hits]
        passages = {str(each.id): each for each in self.knowledge_base.passages(ids)}
        cosines = self.knowledge_base.score_dense(vector, ids)
        answers = {each.passage_id: _answer(each, passages[each.passage_id]) for each in hits}
        best = max(
            candidates(question, hits, cosines, answers, self.knowledge_base.analyzer),
            key=lambda each: (each.same_words, probability(each.features)),
            default=None,
        )
        if best is None:
            return None
        found = self._decide(question, best, passages[best.hit.passage_id], answers[best.hit.passage_id])
        if found is None or found.verdict != "sure":
            return found
        # Two entries with one question and different answers contradict each other: neither is sure.
        rivals = [each for each in ids if not same_words(answers[each], found.entry.answer)]
        asking = {text for each in rivals for text in phrasings[each]}
        asked = (question, found.entry.question)
        if any(self._asks_the_same(text, each) for text in asking for each in asked):
            return replace(found, verdict="likely", difference="another entry's answer")
        if not best.same_words:
            # The probability was fitted among entries. What the question is about may stand elsewhere.
            nearest = self.knowledge_base.search_dense(vector, _NEAREST, filter)
            nearer = [each for each, cosine in nearest if cosine > cosines[best.hit.passage_id]]
            if any(each.metadata.get("kind") != "faq" for each in self.knowledge_base.passages(nearer)):
                return replace(found, verdict="likely", difference="another passage is nearer")
        return found

    def _decide(self, question: str, best: Candidate, passage: Document, answer: str) -> FaqMatch | None:
        chance = probability(best.features, same_words=best.same_words)
        if chance < self.likely:
            return None
        entry = Curated(
            question=best.hit.question,
            answer=answer,
            passage=passage,
            start=best.hit.answer.start,
            end=best.hit.answer.end,
            probability=round(chance, 4),
        )
        why = None if self._asks_the_same(question, entry.question) else self._objection(question, entry)
        return FaqMatch(entry, "likely" if why or chance < self.sure else "sure", why)

    def _asks_the_same(self, first: str, second: str) -> bool:
        if same_words(first, second):
            return True
        return self.paraphrases != "none" and same_question(first, second, self.knowledge_base.analyzer)

    def _objection(self, question: str, entry: Curated) -> str | None:
        """Why an entry that is put in other words can't be sure, or None."""
        analyzer = self.knowledge_base.analyzer
        why = difference(question, entry.question, analyzer)
        if self.paraphrases != "probable":
            return why or "other words"
        if why is None and is_substituted(question, entry.question, analyzer):
            return "another word in one place"
        return why

    def _as_asked(self, question: str, hit: QuestionHit, phrasings: Sequence[str]) -> QuestionHit:
        """The hit by the phrasing that asks the same, if one does, for another may lie nearer."""
        same = [each for each in phrasings if self._asks_the_same(each, question)]
        exact = [each for each in same if same_words(each, question)]
        return hit._replace(question=next(iter(exact + same), hit.question))

    def _rank(self, vector: NDArray[np.float32], hits: Sequence[QuestionHit]) -> tuple[str, ...]:
        cosines = self.knowledge_base.score_dense(vector, [each.passage_id for each in hits])
        scores = {each.passage_id: entry_score(each.score, cosines[each.passage_id]) for each in hits}
        return tuple(sorted(scores, key=lambda each: -scores[each]))

    def _without(self, hits: Sequence[QuestionHit], left_out: frozenset[str]) -> list[QuestionHit]:
        passages = self.knowledge_base.passages([each.passage_id for each in hits])
        stay = {str(each.id) for each in passages if each.metadata.get("source") not in left_out}
        return [each for each in hits if each.passage_id in stay]

    def _phrasings(self, ids: Sequence[str]) -> dict[str, list[str]]:
        questions = self.knowledge_base.questions()
        found: dict[str, list[str]] = {each: [] for each in ids}
        for passage_id, text in zip(questions.passage_ids, questions.texts, strict=True):
            if passage_id in found:
                found[passage_id].append(text)
        return found


def _answer(hit: QuestionHit, passage: Document) -> str:
    offset = metadata_of(passage)["start"]
    return passage.page_content[hit.answer.start - offset : hit.answer.end - offset]
