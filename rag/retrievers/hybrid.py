"""Dense and lexical search as one, in the question's language and in the other."""

from collections.abc import Mapping, Sequence

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from numpy.typing import NDArray
from pydantic import ConfigDict

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase
from rag.language import language_of
from rag.passage import metadata_of, with_score
from rag.retrievers.candidates import Candidates
from rag.retrievers.dense import DenseRetriever
from rag.retrievers.filtering import FilteringRetriever, retrieve
from rag.retrievers.foreign import CorrectedRetriever, TranslatedRetriever
from rag.retrievers.language_geometry import LanguageGeometry, geometry_of
from rag.retrievers.lexical import LexicalRetriever
from rag.retrievers.merging import merge_scores
from rag.retrievers.query_cache import CachedQueryEmbeddings
from rag.retrievers.repetition import distinct_passages

Vector = NDArray[np.float32]


class HybridRetriever(FilteringRetriever):
    """The ``k`` best passages by all that the searches say of them; the score has no unit.

    Each search gives ``candidates`` passages, and each passage gets the scores of all searches, whichever
    found it. In the question's language these are added up (cosine in standard deviations, BM25 weighted; see
    Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023). Passages in the
    other language are found by vectors without what they say of language, and by the question's words in
    translation, and merged with the others (``merging``); ``cross_language`` turns that off.

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
    left_out: frozenset[str] = frozenset()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        config: RunnableConfig = {"callbacks": run_manager.get_child()}
        found = self.find_candidates(query, filter or self.filter, config)
        if not found.passages:
            return []
        scores = merge_scores(found)
        order = np.argsort(-scores, kind="stable")
        ranked = (with_score(found.passages[row], float(scores[row])) for row in order)
        return distinct_passages(ranked, self.k)

    def find_candidates(
        self, query: str, filter: Filter | None = None, config: RunnableConfig | None = None
    ) -> Candidates:
        """Everything that any of the searches finds, with the scores of all of them."""
        chinese = language_of(query) == "zh"
        embeddings = CachedQueryEmbeddings(self.embeddings, size=1)  # two searches need the same vector
        with self.knowledge_base.pinned() as snapshot:
            vector = np.asarray(embeddings.embed_query(query), dtype=np.float32)
            geometry = geometry_of(self.knowledge_base, snapshot)
            searches: list[BaseRetriever] = [
                DenseRetriever(knowledge_base=self.knowledge_base, embeddings=embeddings, k=self.candidates),
                LexicalRetriever(knowledge_base=self.knowledge_base, k=self.candidates),
            ]
            crossing = self.cross_language and len(geometry.samples[not chinese]) > 0
            if crossing:
                searches.append(
                    CorrectedRetriever(
                        knowledge_base=self.knowledge_base,
                        geometry=geometry,
                        vector=vector,
                        k=self.candidates,
                    )
                )
                searches.append(TranslatedRetriever(knowledge_base=self.knowledge_base, k=self.candidates))
            found: dict[str, Document] = {}
            for search in searches:
                for passage in retrieve(search, query, filter, config):
                    if metadata_of(passage)["source"] not in self.left_out:
                        found.setdefault(str(passage.id), passage)
            return self._scored(query, vector, chinese, list(found.values()), geometry, crossing)

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
            scores = corrected_scores(kb, geometry, vector, abroad, chinese=chinese)
            corrected = np.array([scores.get(each, 0.0) for each in ids])
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


def corrected_scores(
    knowledge_base: KnowledgeBase,
    geometry: LanguageGeometry,
    vector: Vector,
    ids: Sequence[str],
    *,
    chinese: bool,
) -> dict[str, float]:
    """Of passages in the other language, the corrected cosine with a question in this one.

    In standard deviations from its mean. Where there are too few passages to correct anything, of the cosine
    as it is.
    """
    other = not chinese
    if not geometry.is_known:
        mean, spread = geometry.scale(vector, chinese=other)
        return {
            each: (score - mean) / spread for each, score in knowledge_base.score_dense(vector, ids).items()
        }
    assert geometry.means is not None and geometry.direction is not None
    query = geometry.correct(vector[None], chinese=chinese)[0]
    mean, spread = geometry.corrected_scale(query, chinese=other)
    shift, direction = geometry.means[other], geometry.direction
    along_query = knowledge_base.score_dense(query, ids)
    along_shift = knowledge_base.score_dense(shift, ids)
    along_direction = knowledge_base.score_dense(direction, ids)
    length = float(np.linalg.norm(shift))
    on_query, on_direction = float(shift @ query), float(shift @ direction)
    found = {}
    for each in along_query:
        # |v - m|² without its part along the direction, for v of length 1
        squared = 1 + length**2 - 2 * length * along_shift[each] - (along_direction[each] - on_direction) ** 2
        cosine = (along_query[each] - on_query) / max(squared, 1e-9) ** 0.5
        found[each] = (cosine - mean) / spread
    return found


def _values(scores: Mapping[str, float], ids: Sequence[str]) -> NDArray[np.float64]:
    return np.array([scores.get(each, 0.0) for each in ids], dtype=np.float64)
