"""What a knowledge base holds, as far as it may be seen: one generation, in one view."""

import difflib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError, KnowledgeBaseMismatch
from rag.filter import Filter
from rag.knowledge_base.catalogue.filter_sql import condition_of
from rag.knowledge_base.catalogue.metadata import decode_metadata
from rag.knowledge_base.catalogue.questions import CuratedQuestions, QuestionHit, read_questions
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import StoredDocument
from rag.knowledge_base.catalogue.vectors import decode_vector
from rag.knowledge_base.index import Keys
from rag.knowledge_base.related import RelatedDocument, related_documents
from rag.passage import PassageMetadata
from rag.text.analysis import Analyzer, Glossary, analyzer_for
from rag.text.language import CHINESE, OTHERS

_RARE = 200  # passages of a language in a sample; of one that has fewer, all that there are are looked for
_VECTORS_KEPT = 2_000  # a question's passages are scored several times
_FILTERS_KEPT = 8
_PASSAGE = (
    'SELECT p.passage_id, p.text, p.metadata, d.doc_id, d.source, p.page, p.heading, p.start, p."end", '
    "p.context, p.kind, p.lang, d.modified FROM passages p JOIN documents d ON d.key = p.document"
)


class Memory:
    """What is worked out once for a view and a generation, for all who ask; threads may share it."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.lock = Lock()
        self.questions: CuratedQuestions | None = None
        self.passing: dict[Filter, Keys] = {}  # the keys of the passages that pass the last few filters


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
        return [row[0] for row in self._reader.fetch("SELECT path FROM roots ORDER BY id")]

    @cached_property
    def glossary(self) -> Glossary:
        """The roots' glossaries, merged."""
        rows = self._reader.fetch("SELECT text FROM glossaries ORDER BY root")
        return Glossary.merge(Glossary.parse(row[0]) for row in rows)

    @property
    def analyzer(self) -> Analyzer:
        """What turns text into terms with this glossary."""
        return analyzer_for(self.glossary)

    def documents(self) -> list[StoredDocument]:
        """The documents, by root and source; those that couldn't be read too."""
        rows = self._reader.fetch(
            "SELECT d.doc_id, r.path, d.source, d.sha256, d.size, d.mtime_ns, d.parser, d.status, d.problem, "
            "d.title, d.lang, d.modified, d.pages, d.characters, d.passages, d.report "
            "FROM documents d JOIN roots r ON r.id = d.root ORDER BY d.root, d.source"
        )
        values: Iterable[list[Any]] = ([*row[:-1], json.loads(row[-1])] for row in rows)
        return [StoredDocument(*each) for each in values]

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text, which passages' spans point into.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        found = self._reader.fetch(
            "SELECT t.text, r.path, d.problem FROM documents d JOIN roots r ON r.id = d.root "
            "JOIN texts t ON t.document = d.key "
            "WHERE d.source = :source AND (:root IS NULL OR r.path = :root)",
            {"source": source, "root": root},
        )
        if len(found) == 1:
            text, _, problem = found[0]
            if problem is not None and not text:
                raise KnowledgeBaseError(
                    f"{source} has no text: it couldn't be read when it was ingested ({problem})"
                )
            return str(text)
        if found:
            roots = ", ".join(row[1] for row in found)
            raise KnowledgeBaseError(
                f"several roots have a document {source}: say which with --root ({roots})"
            )
        close = difflib.get_close_matches(source, [each.source for each in self.documents()], n=1)
        hint = f"did you mean {close[0]}?" if close else "`python -m rag documents` lists what there is"
        raise KnowledgeBaseError(f"the knowledge base {self._reader.folder} has no document {source}; {hint}")

    def passage_count(self) -> int:
        """How many passages there are."""
        return int(self._reader.fetch("SELECT coalesce(sum(passages), 0) FROM documents")[0][0])

    def passages(self, ids: Sequence[str], *, as_given: bool = False) -> list[Document]:
        """The passages of these ids in their order, without those that aren't (or no longer) published.

        With ``as_given``, what a program stored with metadata of its own has that and nothing else.
        """
        sql = f"{_PASSAGE} WHERE p.passage_id IN (SELECT value FROM json_each(:ids))"
        found = {row[0]: row for row in self._reader.fetch(sql, {"ids": json.dumps(list(ids))})}
        return [_to_passage(found[passage_id], as_given) for passage_id in ids if passage_id in found]

    def document_passages(self, source: str) -> list[Document]:
        """All passages of a document, in order of position; of each, where several roots have the source."""
        sql = f"{_PASSAGE} WHERE d.source = :source ORDER BY d.key, p.ordinal"
        return [_to_passage(row) for row in self._reader.fetch(sql, {"source": source})]

    def related(self, of: str | Document, k: int, root: str | None = None) -> list[RelatedDocument]:
        """The ``k`` documents nearest to one, best first; exact, since every vector is looked at.

        Args:
            of: a document by its source, or a passage, whose own document is left out.
            k: how many.
            root: the folder that the document was ingested from, where several have such a source.

        Raises:
            KnowledgeBaseError: there is no such document or passage, or several roots have the document.
        """
        if isinstance(of, str):
            self.text(of, root)  # raises where it isn't one document
        return [
            RelatedDocument(*document, similarity, *self.passages([passage_id]))
            for document, similarity, passage_id in related_documents(self._reader, of, k, root)
        ]

    def questions(self) -> CuratedQuestions:
        """The questions of all curated entries, with their vectors."""
        with self._memory.lock:
            if self._memory.questions is None:
                self._memory.questions = read_questions(self._reader)
            return self._memory.questions

    def search_questions(
        self, vector: NDArray[np.float32], k: int, filter: Filter | None = None
    ) -> list[QuestionHit]:
        """The ``k`` curated entries whose question, or best phrasing of it, is nearest, best first.

        Raises:
            KnowledgeBaseMismatch: the vector has another dimension.
        """
        among = None if filter is None or filter.is_empty else self._passing_keys(filter)
        return self.questions().search(self._unit(vector), k, among)

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
                sql = (
                    "SELECT p.passage_id, v.vector FROM passages p "
                    "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
                    "WHERE p.passage_id IN (SELECT value FROM json_each(:ids))"
                )
                rows = self._reader.fetch(sql, {"ids": json.dumps(missing)})
                self._vectors |= {passage_id: decode_vector(blob) for passage_id, blob in rows}
            known = [each for each in dict.fromkeys(ids) if each in self._vectors]
            vectors = [self._vectors[each] for each in known]
        return dict(zip(known, (np.stack(vectors) @ query).tolist(), strict=True)) if known else {}

    def sample_vectors(self, count: int) -> tuple[NDArray[np.float32], list[str]]:
        """About ``count`` passages' vectors, evenly taken, and their languages: shape (n, dimension), n.

        So that a language with few passages among many isn't missed, up to ``_RARE`` of Chinese and of other
        ones are added where fewer were taken.
        """
        keys = self._passing_keys(Filter())
        chosen = keys[:: max(1, len(keys) // max(1, count))]
        sampled = self._vectors_of(chosen)
        if len(chosen) < len(keys):
            for kind in (CHINESE, OTHERS):
                if sum(language in kind for _, language in sampled) >= _RARE:
                    continue
                rare = self._passing_keys(Filter(lang=kind))
                more = rare[~np.isin(rare, chosen)]
                sampled += self._vectors_of(more[:: max(1, len(more) // _RARE)][:_RARE])
        vectors = np.array([decode_vector(blob) for blob, _ in sampled], dtype=np.float32)
        return vectors.reshape(-1, self._reader.fingerprint.dimension), [each for _, each in sampled]

    def _vectors_of(self, keys: Keys) -> list[tuple[bytes, str]]:
        """Stored vectors and languages of the passages, in ascending order of keys."""
        sql = (
            "SELECT v.vector, p.lang FROM passages p "
            "JOIN vectors v ON v.digest = p.digest AND v.embedder = :embedder "
            "WHERE p.key IN (SELECT value FROM json_each(:keys)) ORDER BY p.key"
        )
        return self._reader.fetch(sql, {"keys": json.dumps(keys.tolist())})

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
        """The keys of all passages that pass the filter, ascending."""
        passing, values = condition_of(filter)
        # CROSS JOIN: documents first, so that what the filter asks of them is asked once each.
        sql = f"SELECT p.key FROM documents d CROSS JOIN passages p ON p.document = d.key WHERE TRUE{passing}"
        with self._memory.lock:
            known = self._memory.passing
            if filter not in known:
                while len(known) >= _FILTERS_KEPT:
                    del known[next(iter(known))]
                known[filter] = np.sort(np.array(self._reader.fetch(sql, values), dtype=np.int64).ravel())
            return known[filter]


def _to_passage(row: Sequence[Any], as_given: bool = False) -> Document:
    passage_id, text, stored, doc_id, source, page, heading, start, end, context, kind, lang, modified = row
    given = decode_metadata(stored) if stored is not None else {}
    if stored is not None and as_given:
        return Document(id=passage_id, page_content=text, metadata=given)
    metadata = PassageMetadata(
        doc_id=doc_id,
        source=str(given.get("source") or source),
        page=page,
        heading=tuple(json.loads(heading)),
        start=start,
        end=end,
        context=context,
        kind=kind,
        lang=lang,
        modified=modified,
    )
    return Document(id=passage_id, page_content=text, metadata={**given, **metadata})
