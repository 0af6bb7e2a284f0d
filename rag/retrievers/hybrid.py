"""Dense and lexical search as one, in the question's language and in the other."""

from collections.abc import Mapping, Sequence

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.passage import metadata_of, with_score
from rag.retrievers.candidates import Candidates
from rag.retrievers.filtering import FilteringRetriever
from rag.retrievers.language_geometry import LanguageGeometry, geometry_of
from rag.retrievers.merging import merge_scores
from rag.retrievers.other_language import score_corrected, search_corrected
from rag.retrievers.repetition import distinct_passages
from rag.retrievers.search_trace import report_stage
from rag.text.language import language_of

Vector = NDArray[np.float32]


class HybridRetriever(FilteringRetriever):
    """The ``k`` best passages by all that the searches say of them; the score has no unit.

    Each search gives ``candidates`` passages, and each passage gets the scores of all searches, whichever
    found it. In the question's language these are added up (cosine in standard deviations, BM25 weighted; see
    Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023). Passages in the
    other language are found by vectors without what they say of language, and by the question's words in
    translation, and merged with the others (``merging``); ``cross_language`` turns that off, ``translation``
    the second half of it.

    Of passages that are nearly the same only the best is returned. All searches are of one generation. Only
    passages that pass ``filter`` are found, or another that ``invoke(query, filter=...)`` sets for one query;
    documents whose source is ``left_out`` take no part at all, as if they weren't there.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge_base: KnowledgeBase
    embeddings: Embeddings
    k: int = 10
    candidates: int = 100
    cross_language: bool = True
    translation: bool = True
    left_out: frozenset[str] = frozenset()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        found = self.find_candidates(query, filter or self.filter)
        if not found.passages:
            return []
        scores = merge_scores(found)
        order = np.argsort(-scores, kind="stable")
        ranked = [with_score(found.passages[row], float(scores[row])) for row in order]
        columns = {name: [float(values[row]) for row in order] for name, values in found.columns().items()}
        report_stage(run_manager, "candidates", query, ranked, columns)
        return distinct_passages(ranked, self.k)

    def find_candidates(self, query: str, filter: Filter | None = None) -> Candidates:
        """Everything that any of the searches finds, with the scores of all of them."""
        kb, k = self.knowledge_base, self.candidates
        chinese = language_of(query) == "zh"
        vector = np.asarray(self.embeddings.embed_query(query), dtype=np.float32)
        with kb.pinned() as snapshot:
            geometry = geometry_of(kb, snapshot)
            hits = [*kb.search_dense(vector, k, filter), *kb.search_lexical(query, k, filter)]
            crossing = self.cross_language and len(geometry.samples[not chinese]) > 0
            if crossing:
                hits += search_corrected(kb, geometry, query, vector, k, filter)
                hits += kb.search_translated(query, k, filter) if self.translation else []
            found = kb.passages(list(dict.fromkeys(passage_id for passage_id, _ in hits)))
            kept = [each for each in found if metadata_of(each)["source"] not in self.left_out]
            return self._scored(query, vector, chinese, kept, geometry, crossing)

    def _scored(
        self,
        query: str,
        vector: Vector,
        chinese: bool,
        passages: Sequence[Document],
        geometry: LanguageGeometry,
        crossing: bool,
    ) -> Candidates:
        kb = self.knowledge_base
        ids = [str(each.id) for each in passages]
        foreign = np.array([(metadata_of(each)["lang"] == "zh") != chinese for each in passages], dtype=bool)
        home = chinese if len(geometry.samples[chinese]) else not chinese
        mean, spread = geometry.scale(vector, chinese=home)
        dense = (_values(kb.score_dense(vector, ids), ids) - mean) / spread
        corrected, translated = np.zeros(len(ids)), np.zeros(len(ids))
        abroad = [each for each, is_foreign in zip(ids, foreign, strict=True) if is_foreign]
        if crossing and abroad:
            scores = score_corrected(kb, geometry, vector, abroad, chinese=chinese)
            corrected = np.array([scores.get(each, 0.0) for each in ids])
            if self.translation:
                translated = _values(kb.score_translated(query, abroad), ids)
        return Candidates(
            passages=tuple(passages),
            foreign=foreign if crossing else np.zeros(len(ids), dtype=bool),
            dense=dense,
            lexical=_values(kb.score_lexical(query, ids), ids),
            corrected=corrected,
            translated=translated,
            terms=max(1, len(kb.analyzer.content_terms(query))),
        )


def _values(scores: Mapping[str, float], ids: Sequence[str]) -> NDArray[np.float64]:
    return np.array([scores.get(each, 0.0) for each in ids], dtype=np.float64)
