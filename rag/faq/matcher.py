"""Decides whether a curated entry answers a question: surely, perhaps, or not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.answer import Curated
from rag.faq.calibration import probability
from rag.faq.differences import difference, names_of
from rag.faq.features import Candidate, candidates, entry_score
from rag.filter import Filter
from rag.knowledge_base import Analyzer, KnowledgeBase, QuestionHit
from rag.passage import metadata_of

LOOKED_AT = 20  # entries: enough to find a rival with another answer, in either language
_NEAREST = 10  # passages, among which one that is no entry may fit better than the best entry
_COMMON = 0.2  # a name in so many of the entries is what they are all about
_FEWEST = 10  # entries, before a share of them says anything


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """The entry that fits best. ``difference``: why it isn't sure although the questions read alike."""

    entry: Curated
    verdict: Literal["sure", "likely"]
    difference: str | None = None


class FaqMatcher:
    """Matches questions with the questions of curated entries.

    Args:
        knowledge_base: has the entries.
        embeddings: the embedder it was made with; give one that remembers queries, for retrieval asks too.
        sure: the least probability of a match whose answer may be given without more.
        likely: the least probability of one that is worth showing.
    """

    def __init__(
        self,
        knowledge_base: KnowledgeBase,
        embeddings: Embeddings,
        *,
        sure: float = 0.95,
        likely: float = 0.5,
    ) -> None:
        self.knowledge_base = knowledge_base
        self.embeddings = embeddings
        self.sure = sure
        self.likely = likely

    def match(self, question: str, filter: Filter | None = None) -> FaqMatch | None:
        """The entry that the question asks, if any is likely to be.

        Raises:
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        with self.knowledge_base.pinned():
            if not self.knowledge_base.questions().texts:
                return None
            vector = np.asarray(self.embeddings.embed_query(question), dtype=np.float32)
            hits = self.knowledge_base.search_questions(vector, LOOKED_AT, filter)
            return self.judge(question, vector, hits)

    def judge(
        self, question: str, vector: NDArray[np.float32], hits: Sequence[QuestionHit]
    ) -> FaqMatch | None:
        """The same, of entries that are found already."""
        ids = [each.passage_id for each in hits]
        passages = {str(each.id): each for each in self.knowledge_base.passages(ids)}
        cosines = self.knowledge_base.score_dense(vector, ids)
        answers = {each.passage_id: _answer(each, passages[each.passage_id]) for each in hits}
        analyzer = self.knowledge_base.analyzer
        best = max(
            candidates(question, hits, cosines, answers, analyzer),
            key=lambda each: probability(each.features, same_words=each.same_words),
            default=None,
        )
        if best is None:
            return None
        passage, answer = passages[best.hit.passage_id], answers[best.hit.passage_id]
        found = self._decide(question, best, passage, answer, analyzer)
        if found is not None and found.verdict == "sure" and not best.same_words:
            # The probability was fitted among entries. What the question is about may stand elsewhere.
            nearest = self.knowledge_base.search_dense(vector, _NEAREST)
            nearer = [each for each, cosine in nearest if cosine > cosines[best.hit.passage_id]]
            if any(metadata_of(each)["kind"] != "faq" for each in self.knowledge_base.passages(nearer)):
                return replace(found, verdict="likely", difference="another passage is nearer")
        return found

    def rank(self, vector: NDArray[np.float32], hits: Sequence[QuestionHit]) -> list[Document]:
        """The passages of these entries, by how well they fit the question of that vector, best first."""
        ids = [each.passage_id for each in hits]
        cosines = self.knowledge_base.score_dense(vector, ids)
        scores = {each.passage_id: entry_score(each.score, cosines[each.passage_id]) for each in hits}
        ordered = sorted(ids, key=lambda each: -scores[each])
        return self.knowledge_base.passages(ordered)

    def _decide(
        self,
        question: str,
        best: Candidate,
        passage: Document,
        answer: str,
        analyzer: Analyzer,
    ) -> FaqMatch | None:
        chance = probability(best.features, same_words=best.same_words)
        # Two entries with one question and different answers contradict each other: neither is sure.
        disputed = best.same_words and best.features.margin <= 0
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
        beside = metadata_of(passage)["context"]
        why = "another entry's answer" if disputed else None
        questions = self.knowledge_base.questions()
        common = _common_names(questions.passage_ids, questions.texts)
        why = why or difference(question, best.hit.question, analyzer, beside=beside, common=common)
        return FaqMatch(entry, "likely" if why or chance < self.sure else "sure", why)


@lru_cache(maxsize=4)
def _common_names(passage_ids: tuple[str, ...], texts: tuple[str, ...]) -> frozenset[str]:
    """The names that so many entries have that they are the subject of all; ``texts`` are their questions."""
    entries: dict[str, set[str]] = {}
    for passage_id, text in zip(passage_ids, texts, strict=True):
        entries.setdefault(passage_id, set()).update(names_of(text))
    counts = Counter(name for names in entries.values() for name in names)
    least = max(_FEWEST, len(entries)) * _COMMON
    return frozenset(name for name, count in counts.items() if count >= least)


def _answer(hit: QuestionHit, passage: Document) -> str:
    offset = metadata_of(passage)["start"]
    return passage.page_content[hit.answer.start - offset : hit.answer.end - offset]
