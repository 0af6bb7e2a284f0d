"""One published generation, seen as a whole."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from threading import RLock

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseMismatch
from rag.filter import Filter
from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.catalogue.questions import CuratedQuestions, QuestionCache, QuestionHit
from rag.knowledge_base.catalogue.records import StoredDocument
from rag.knowledge_base.index import DenseSearcher, Hit, Keys, LexicalSearcher
from rag.knowledge_base.loading import Loaded
from rag.knowledge_base.related import RelatedDocument, related_documents
from rag.knowledge_base.translating import CHINESE, OTHERS, in_other_language, question_groups
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.analysis import Analyzer

_RARE = 200  # passages of a language in a sample; of one that has fewer, all that there are are looked for
_REMEMBERED = 2_000  # vectors; a question's passages are scored several times
_WIDEST = 2_000  # hits; looking through more costs more than listing the passages that pass a filter


class Snapshot:
    """Everything asked of it is answered from the same generation, whatever is published meanwhile."""

    def __init__(
        self,
        catalogue: Catalogue,
        state: State,
        dense: Loaded[DenseSearcher, EmbedderFingerprint] | None = None,
        lexical: Loaded[LexicalSearcher, Analyzer] | None = None,
        questions: QuestionCache | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._state = state
        self._dense = dense
        self._lexical = lexical
        self._questions = questions or QuestionCache()
        self._lock = RLock()
        self._passing: dict[Filter, Keys] = {}  # keys of the passages that pass
        self._vectors: dict[str, NDArray[np.float32]] = {}  # of the passages that were scored last

    @property
    def generation(self) -> int:
        """The generation that answers."""
        return self._state.published

    @property
    def analyzer(self) -> Analyzer:
        """What turns text into terms, with the glossaries of this generation."""
        assert self._lexical is not None
        return self._lexical.tool

    def search_dense(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of greatest cosine similarity, with it, best first.

        Args:
            vector: the query's, float32, shape (dimension,).
            k: how many; fewer only where fewer pass.
            filter: what must hold of them.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        assert self._dense is not None
        searcher, query = self._dense.searcher, self._unit(vector)
        return self._living(lambda fetch, among: searcher.search(query, fetch, among), k, filter)

    def score_dense(self, vector: NDArray[np.float32], ids: Sequence[str]) -> dict[str, float]:
        """The cosine similarity to the vector of each of these passages, as ``search_dense`` gives it.

        A passage that isn't published has none.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        query = self._unit(vector)
        with self._lock:
            if missing := [each for each in ids if each not in self._vectors]:
                if len(self._vectors) > _REMEMBERED:
                    self._vectors, missing = {}, list(ids)
                self._vectors |= self._catalogue.vectors(missing, self.generation, self._state.embedder)
            known = [each for each in dict.fromkeys(ids) if each in self._vectors]
            rows = [self._vectors[each] for each in known]
        return dict(zip(known, (np.stack(rows) @ query).tolist(), strict=True)) if known else {}

    def _unit(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The query's vector at unit length."""
        dimension = self._catalogue.fingerprint(self._state.embedder).dimension
        query = np.asarray(vector, dtype=np.float32)
        if query.shape != (dimension,):
            raise KnowledgeBaseMismatch(
                f"the query's vector has the shape {query.shape}, but the embedder of the knowledge base "
                f"{self._catalogue.folder} makes ({dimension},); ask with the embedder it was made with"
            )
        length = float(np.linalg.norm(query))
        return query / length if length > 0 else query

    def search_lexical(self, query: str, k: int, filter: Filter | None = None) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages of highest BM25 score for the query's terms, with it, best first.

        ``filter`` is what must hold of them.
        """
        assert self._lexical is not None
        searcher, terms = self._lexical.searcher, self._lexical.tool.query_terms(query)
        return self._living(lambda fetch, among: searcher.search(terms, fetch, among), k, filter)

    def score_lexical(self, query: str, ids: Sequence[str]) -> dict[str, float]:
        """The BM25 score of each of these passages for the query's terms, as ``search_lexical`` gives it.

        0 where a passage has none of the terms; a passage that isn't published has no score.
        """
        assert self._lexical is not None
        keys = self._keys(ids)
        among = np.sort(np.fromiter(keys.values(), dtype=np.int64, count=len(keys)))
        hits = self._lexical.searcher.search(self._lexical.tool.query_terms(query), len(among), among)
        scores = {hit.key: hit.score for hit in hits}
        return {each: scores.get(key, 0.0) for each, key in keys.items()}

    def search_questions(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[QuestionHit]:
        """The ``k`` curated entries whose question, or best phrasing of it, is nearest, best first.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        questions = self.questions()
        among = None if filter is None or filter.is_empty else self._passing_keys(filter)
        return questions.search(vector, k, among)

    def questions(self) -> CuratedQuestions:
        """The questions of all curated entries; read when first asked for, and kept for the generation."""
        with self._lock:
            return self._questions.load(self._catalogue, self._state)

    def sample_vectors(self, count: int) -> tuple[NDArray[np.float32], list[str]]:
        """About ``count`` passages' vectors, evenly taken, and their languages: shape (n, dimension), n.

        So that a language with few passages among many isn't missed, up to ``_RARE`` of Chinese and of other
        ones are added where fewer were taken.
        """
        keys = self._passing_keys(Filter())
        chosen = keys[:: max(1, len(keys) // max(1, count))]
        sampled = self._vectors_with_languages(chosen)
        if len(chosen) < len(keys):
            for kind in (CHINESE, OTHERS):
                if sum(language in kind for _, language in sampled) >= _RARE:
                    continue
                rare = self._passing_keys(Filter(lang=kind))
                more = rare[~np.isin(rare, chosen)]
                sampled += self._vectors_with_languages(more[:: max(1, len(more) // _RARE)][:_RARE])
        dimension = self._catalogue.fingerprint(self._state.embedder).dimension
        vectors = np.array([vector for vector, _ in sampled], dtype=np.float32)
        return vectors.reshape(-1, dimension), [language for _, language in sampled]

    def _vectors_with_languages(self, keys: Keys) -> list[tuple[NDArray[np.float32], str]]:
        with self._lock:
            return self._catalogue.vectors_with_languages(
                keys.tolist(), self.generation, self._state.embedder
            )

    def search_translated(
        self, question: str, k: int, filter: Filter | None = None
    ) -> list[tuple[str, float]]:
        """The ids of the ``k`` passages in the other language with the question's words in translation.

        Best first, each with its score (``group_query``). The other language is any but Chinese for a
        question in Chinese, and Chinese for others. ``filter`` is what else must hold of them.
        """
        assert self._lexical is not None
        searcher, groups = self._lexical.searcher, question_groups(question, self._lexical.tool)
        wanted = in_other_language(question, filter)
        if not groups or wanted is None:
            return []
        return self._living(
            lambda fetch, among: searcher.search_groups(groups, fetch, among),
            k,
            wanted,
            listed=not replace(wanted, lang=()).is_empty,
        )

    def score_translated(self, question: str, ids: Sequence[str]) -> dict[str, float]:
        """The score of each of these passages, in whatever language, as ``search_translated`` gives it.

        0 where a passage has none of the words; a passage that isn't published has no score.
        """
        assert self._lexical is not None
        keys = self._keys(ids)
        among = np.sort(np.fromiter(keys.values(), dtype=np.int64, count=len(keys)))
        groups = question_groups(question, self._lexical.tool)
        hits = self._lexical.searcher.search_groups(groups, len(among), among)
        scores = {hit.key: hit.score for hit in hits}
        return {each: scores.get(key, 0.0) for each, key in keys.items()}

    def passages(self, ids: Sequence[str], *, as_given: bool = False) -> list[Document]:
        """The passages of these ids, in their order; see ``KnowledgeBase.passages``."""
        with self._lock:
            return self._catalogue.passages(ids, self.generation, as_given)

    def neighbours(self, passage_id: str, before: int, after: int) -> list[Document]:
        """The passage with up to so many before and after it in its document, in order of position."""
        with self._lock:
            return self._catalogue.neighbours(passage_id, before, after, self.generation)

    def document_passages(self, source: str) -> list[Document]:
        """All passages of the documents of that source, in order of position."""
        with self._lock:
            return self._catalogue.document_passages(source, self.generation)

    def documents(self) -> list[StoredDocument]:
        """All documents, by root and source."""
        with self._lock:
            return self._catalogue.documents(self.generation)

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        with self._lock:
            return self._catalogue.text(source, root, self.generation)

    def related(self, of: str | Document, k: int, root: str | None = None) -> list[RelatedDocument]:
        """The ``k`` documents nearest to a document or a passage; see ``related_documents``.

        Raises:
            KnowledgeBaseError: there is no such document or passage, or several roots have the document.
        """
        with self._lock:
            return related_documents(self._catalogue, self._state, of, k, root)

    def passage_count(self) -> int:
        """How many passages there are."""
        with self._lock:
            return self._catalogue.passage_count(self.generation)

    def _living(
        self,
        search: Callable[[int, Keys | None], list[Hit]],
        k: int,
        filter: Filter | None,
        *,
        listed: bool = True,
    ) -> list[tuple[str, float]]:
        """The best ``k`` living hits: an index may hold passages that are dead or not published yet.

        A filter that many passages pass is left to a look, or a wider one, at the best hits of all. Where
        that doesn't do, the passages that pass are listed and only they are searched: exact, however few
        they are. Unless ``listed``, for a filter that most hits pass, more of them are looked at instead.
        """
        if k < 1:
            return []
        fetch = k + min(k, 32)
        wide = False
        among: Keys | None = None
        while True:
            hits = search(fetch, among)
            with self._lock:
                living = self._catalogue.live_passage_ids([hit.key for hit in hits], self.generation, filter)
            found = [(living[hit.key], hit.score) for hit in hits if hit.key in living]
            if len(found) >= k or len(hits) < fetch:
                return found[:k]
            if not listed or filter is None or filter.is_empty or among is not None:
                fetch *= 4
            elif not wide and 1.5 * k * len(hits) <= _WIDEST * len(found):
                fetch, wide = ceil(1.5 * k * len(hits) / len(found)), True
            else:
                among = self._passing_keys(filter)

    def _keys(self, ids: Sequence[str]) -> dict[str, int]:
        """The keys of those of the passages that are published, in the order of ids."""
        with self._lock:
            found = self._catalogue.keys(ids, self.generation)
        return {each: found[each] for each in ids if each in found}

    def _passing_keys(self, filter: Filter) -> Keys:
        with self._lock:
            if filter not in self._passing:
                self._passing[filter] = self._catalogue.passing_keys(filter, self.generation)
            return self._passing[filter]
