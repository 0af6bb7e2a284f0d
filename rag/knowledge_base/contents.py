"""What a knowledge base holds, as far as it may be seen: one generation, in one view."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseMismatch
from rag.filter import Filter
from rag.knowledge_base.catalogue.questions import CuratedQuestions, QuestionHit, read_questions
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import StoredDocument
from rag.knowledge_base.index import Keys
from rag.knowledge_base.related import RelatedDocument, related_documents
from rag.text.analysis import Analyzer, analyzer_for
from rag.text.glossary import Glossary
from rag.text.language import CHINESE, OTHERS

_RARE = 200  # passages of a language in a sample; of one that has fewer, all that there are are looked for
_VECTORS_KEPT = 2_000  # a question's passages are scored several times
_FILTERS_KEPT = 8


class Memory:
    """What is worked out once for a view and a generation, for all who ask; threads may share it."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self._questions: CuratedQuestions | None = None
        self._passing: dict[Filter, Keys] = {}
        self._lock = Lock()

    def questions(self, reader: Reader) -> CuratedQuestions:
        """The questions of the reader's entries."""
        with self._lock:
            if self._questions is None:
                self._questions = read_questions(reader)
            return self._questions

    def passing_keys(self, reader: Reader, filter: Filter) -> Keys:
        """The keys of the reader's passages that pass the filter; of the last few filters they are kept."""
        with self._lock:
            if filter not in self._passing:
                while len(self._passing) >= _FILTERS_KEPT:
                    del self._passing[next(iter(self._passing))]
                self._passing[filter] = reader.passing_keys(filter)
            return self._passing[filter]


class Contents:
    """Documents, passages, curated questions and words; nothing of them that isn't in view comes out of it.

    Everything asked of it is answered from the same generation, whatever is published meanwhile. Got from
    ``View.contents``, or with searches from ``View.snapshot``.
    """

    def __init__(self, reader: Reader, memory: Memory | None = None) -> None:
        self._reader = reader
        self._memory = memory or Memory(reader.generation)
        self._vectors: dict[str, NDArray[np.float32]] = {}  # of the passages that were scored last
        self._lock = Lock()

    @property
    def generation(self) -> int:
        """The generation that answers."""
        return self._reader.generation

    def roots(self) -> list[str]:
        """The folders that were ingested."""
        return self._reader.roots()

    @cached_property
    def glossary(self) -> Glossary:
        """The roots' glossaries, merged."""
        return self._reader.glossary()

    @property
    def analyzer(self) -> Analyzer:
        """What turns text into terms with this glossary."""
        return analyzer_for(self.glossary)

    def documents(self) -> list[StoredDocument]:
        """The documents, by root and source; those that couldn't be read too."""
        return self._reader.documents()

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text, which passages' spans point into.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        return self._reader.text(source, root)

    def passage_count(self) -> int:
        """How many passages there are."""
        return self._reader.passage_count()

    def passages(self, ids: Sequence[str], *, as_given: bool = False) -> list[Document]:
        """The passages of these ids in their order, without those that aren't (or no longer) published.

        With ``as_given``, what a program stored with metadata of its own has that and nothing else.
        """
        return self._reader.passages(ids, as_given)

    def neighbours(self, passage_id: str, before: int, after: int) -> list[Document]:
        """The passage with up to so many before and after it in its document, in order of position.

        Empty if there is no such passage.
        """
        return self._reader.neighbours(passage_id, before, after)

    def document_passages(self, source: str) -> list[Document]:
        """All passages of a document, in order of position; of each, where several roots have the source."""
        return self._reader.document_passages(source)

    def related(self, of: str | Document, k: int, root: str | None = None) -> list[RelatedDocument]:
        """The ``k`` documents nearest to a document or a passage; see ``related_documents``.

        Raises:
            KnowledgeBaseError: there is no such document or passage, or several roots have the document.
        """
        return related_documents(self._reader, of, k, root)

    def questions(self) -> CuratedQuestions:
        """The questions of all curated entries, with their vectors."""
        return self._memory.questions(self._reader)

    def search_questions(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[QuestionHit]:
        """The ``k`` curated entries whose question, or best phrasing of it, is nearest, best first.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        among = None if filter is None or filter.is_empty else self._passing_keys(filter)
        return self.questions().search(vector, k, among)

    def score_dense(self, vector: NDArray[np.float32], ids: Sequence[str]) -> dict[str, float]:
        """The cosine similarity to the vector of each of these passages, by id.

        A passage that isn't published has none.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        query = self._unit(vector)
        with self._lock:
            missing = [each for each in ids if each not in self._vectors]
            if len(self._vectors) + len(missing) > _VECTORS_KEPT:
                self._vectors, missing = {}, list(ids)
            if missing:
                self._vectors |= self._reader.vectors(missing)
            known = [each for each in dict.fromkeys(ids) if each in self._vectors]
            rows = [self._vectors[each] for each in known]
        return dict(zip(known, (np.stack(rows) @ query).tolist(), strict=True)) if known else {}

    def sample_vectors(self, count: int) -> tuple[NDArray[np.float32], list[str]]:
        """About ``count`` passages' vectors, evenly taken, and their languages: shape (n, dimension), n.

        So that a language with few passages among many isn't missed, up to ``_RARE`` of Chinese and of other
        ones are added where fewer were taken.
        """
        keys = self._passing_keys(Filter())
        chosen = keys[:: max(1, len(keys) // max(1, count))]
        sampled = self._reader.vectors_with_languages(chosen.tolist())
        if len(chosen) < len(keys):
            for kind in (CHINESE, OTHERS):
                if sum(language in kind for _, language in sampled) >= _RARE:
                    continue
                rare = self._passing_keys(Filter(lang=kind))
                more = rare[~np.isin(rare, chosen)]
                more = more[:: max(1, len(more) // _RARE)][:_RARE]
                sampled += self._reader.vectors_with_languages(more.tolist())
        vectors = np.array([vector for vector, _ in sampled], dtype=np.float32)
        return vectors.reshape(-1, self._reader.fingerprint.dimension), [each for _, each in sampled]

    def _unit(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The query's vector at unit length."""
        dimension = self._reader.fingerprint.dimension
        query = np.asarray(vector, dtype=np.float32)
        if query.shape != (dimension,):
            raise KnowledgeBaseMismatch(
                f"the query's vector has the shape {query.shape}, but the embedder of the knowledge base "
                f"{self._reader.folder} makes ({dimension},); ask with the embedder it was made with"
            )
        length = float(np.linalg.norm(query))
        return query / length if length > 0 else query

    def _passing_keys(self, filter: Filter) -> Keys:
        return self._memory.passing_keys(self._reader, filter)
