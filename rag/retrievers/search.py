"""The search, from a question to its passages, as one algorithm that reads from top to bottom."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.answer import Stage
from rag.curated import FaqMatcher
from rag.filter import Filter
from rag.knowledge_base import Snapshot, View
from rag.passage import metadata_of, with_score
from rag.questions.inquiry import Inquiry, understand
from rag.retrievers.candidates import SEARCHES, Candidates, Scores, in_other_language, question_groups
from rag.retrievers.language_geometry import Vector, geometry_of
from rag.retrievers.merging import merge_scores, reciprocal_rank_fusion
from rag.retrievers.multi_hop import FOLLOWED, add_scores, describes_something, new_names
from rag.retrievers.repetition import distinct_passages
from rag.retrievers.retriever import note_stage
from rag.settings import RetrievalSettings
from rag.text.language import language_of


class PassageSearch(BaseRetriever):
    """The passages that a question is answered from, by everything that the searches say of them.

    A question that asks several things is searched as a whole and by its parts, and the passages are taken in
    turns. Curated entries among the passages are put in the order in which their questions fit, and the one
    that is surely asked comes first, by ``matcher``; give it the one that answers ask, and each question is
    matched once. All of it is answered from one generation of the knowledge base.

    The score of a passage has no unit: with one question's others it compares, with another's it doesn't.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    view: View
    embeddings: Embeddings
    settings: RetrievalSettings = RetrievalSettings()
    matcher: FaqMatcher | None = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self.search(understand(query))

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """See ``Retriever``. The stages are "candidates" and "names followed" of each search, and "in
        turns" where there were several.
        """
        k = k if k is not None else self.settings.k
        queries = [inquiry.query, *(inquiry.parts if self.settings.split_questions else ())]
        with self.view.snapshot() as snapshot:
            rankings = [self._search(snapshot, each, inquiry.filter, k, stages) for each in queries]
            found = rankings[0]
            if len(rankings) > 1:
                found = take_in_turns(rankings, k)
                note_stage(stages, "in turns", inquiry.query, found)
            if self.matcher is None:
                return found
            considered = self.matcher.consider(inquiry.query, inquiry.filter)
        return considered.arrange(found)[:k]

    def _search(
        self, snapshot: Snapshot, query: str, filter: Filter | None, k: int, stages: list[Stage] | None
    ) -> list[Document]:
        """The ``k`` best passages for one query."""
        following = (
            self.settings.follow_names and self.settings.fusion == "scores" and describes_something(query)
        )
        depth = max(k, FOLLOWED) if following else k
        found = self._fused(snapshot, query, filter, depth, stages)
        if following and found and (names := new_names(query, found[0])):
            more = self._fused(snapshot, " ".join([query, *names]), filter, depth, stages)
            found = add_scores(found, more)
            note_stage(stages, "names followed", query, found)
        return found[:k]

    def _fused(
        self, snapshot: Snapshot, query: str, filter: Filter | None, k: int, stages: list[Stage] | None
    ) -> list[Document]:
        """The ``k`` best by both searches together; of passages that are nearly the same, only the best."""
        count = max(self.settings.candidates, k)
        columns: Mapping[str, Sequence[float | None]]
        if self.settings.fusion == "ranks":
            hits = {
                "dense": dict(snapshot.search_dense(self._embed(query), count, filter)),
                "lexical": dict(snapshot.search_lexical(query, count, filter)),
            }
            fused = reciprocal_rank_fusion(hits.values(), self.settings.rrf_constant)
            ranked = [with_score(each, fused[str(each.id)]) for each in snapshot.passages(list(fused))]
            columns = {name: [given.get(str(each.id)) for each in ranked] for name, given in hits.items()}
        else:
            found = self.find_candidates(snapshot, query, filter, count)
            scores = merge_scores(found)
            order = np.argsort(-scores, kind="stable")
            ranked = [with_score(found.passages[row], float(scores[row])) for row in order]
            columns = {name: getattr(found, name)[order].tolist() for name in SEARCHES}
        note_stage(stages, "candidates", query, ranked, columns)
        return distinct_passages(ranked, k)

    def find_candidates(
        self, snapshot: Snapshot, query: str, filter: Filter | None = None, count: int | None = None
    ) -> Candidates:
        """What each search finds for a query, ``count`` passages each, with the scores of all searches."""
        k = count if count is not None else self.settings.candidates
        vector, geometry = self._embed(query), geometry_of(self.view, snapshot)
        chinese = language_of(query) == "zh"
        crossing = self.settings.cross_language and len(geometry.samples[not chinese]) > 0
        translations = (
            question_groups(query, snapshot.analyzer) if crossing and self.settings.translation else []
        )
        hits = [*snapshot.search_dense(vector, k, filter), *snapshot.search_lexical(query, k, filter)]
        if crossing and (wanted := in_other_language(query, filter)) is not None:
            hits += snapshot.search_dense(geometry.correct_query(vector, chinese=chinese), k, wanted)
            hits += snapshot.search_groups(translations, k, wanted)
        passages = snapshot.passages(list(dict.fromkeys(passage_id for passage_id, _ in hits)))
        ids = [str(each.id) for each in passages]
        foreign = np.array([(metadata_of(each)["lang"] == "zh") != chinese for each in passages], dtype=bool)
        home = chinese if len(geometry.samples[chinese]) else not chinese
        mean, spread = geometry.scale(vector, chinese=home)
        corrected, translated = np.zeros(len(ids)), np.zeros(len(ids))
        abroad = [each for each, is_foreign in zip(ids, foreign, strict=True) if is_foreign]
        if crossing and abroad:
            corrected = _values(geometry.corrected_scores(snapshot, vector, abroad, chinese=chinese), ids)
            translated = _values(snapshot.score_groups(translations, abroad), ids)
        return Candidates(
            passages=tuple(passages),
            foreign=foreign if crossing else np.zeros(len(ids), dtype=bool),
            dense=(_values(snapshot.score_dense(vector, ids), ids) - mean) / spread,
            lexical=_values(snapshot.score_lexical(query, ids), ids),
            corrected=corrected,
            translated=translated,
            terms=max(1, len(snapshot.analyzer.content_terms(query))),
        )

    def _embed(self, query: str) -> Vector:
        return np.asarray(self.embeddings.embed_query(query), dtype=np.float32)


def take_in_turns(rankings: Sequence[Sequence[Document]], k: int) -> list[Document]:
    """The first ``k`` different passages of all first places, then of all second places, and so on.

    So each part of a question has its best passages among the first, however much more alike the question
    another part's are. The scores that they were found with are given out anew, the highest to the first.
    """
    taken: dict[str, Document] = {}
    for places in zip_longest(*rankings):
        for passage in places:
            if passage is not None:
                taken.setdefault(str(passage.id), passage)
    kept = distinct_passages(taken.values(), k)
    scores = sorted((float(each.metadata["score"]) for each in kept), reverse=True)
    return [with_score(passage, score) for passage, score in zip(kept, scores, strict=True)]


def _values(scores: Mapping[str, float], ids: Sequence[str]) -> Scores:
    return np.array([scores.get(each, 0.0) for each in ids], dtype=np.float64)
