"""The knowledge base as a LangChain ``VectorStore``, for documents that don't come from files."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray

from rag.errors import KnowledgeBaseError
from rag.filter import Filter, Roots
from rag.knowledge_base.catalogue.records import NewDocument, NewPassage, digest_of
from rag.knowledge_base.knowledge_base import KnowledgeBase
from rag.knowledge_base.writer import Writer
from rag.models.fingerprint import EmbedderFingerprint
from rag.text.language import language_of

STORE_ROOT = "langchain:documents"


class PassageStore(VectorStore):
    """Adds, finds and deletes LangChain documents; found along with them is what the view has from files.

    Documents keep the ids and the metadata they are given: None, booleans, numbers, strings, and lists,
    tuples and dictionaries of them. Answers cite them by their metadata's "source", else by their id. A
    document with the id of an older one replaces it. Every call is published before it returns.
    """

    def __init__(
        self, knowledge_base: KnowledgeBase, embedding: Embeddings, roots: Roots, *, timeout: float = 30
    ) -> None:
        """
        Args:
            knowledge_base: where the documents are kept.
            embedding: the embedder the knowledge base was made with; its vectors are normalized.
            roots: what may be found: ``EVERYTHING``, or the roots of a view. What stores add has the root
                ``STORE_ROOT``.
            timeout: seconds to wait for another process that is writing.
        """
        self.knowledge_base = knowledge_base
        self.view = knowledge_base.view(roots)
        self._embedding = embedding
        self._timeout = timeout

    @property
    def embeddings(self) -> Embeddings:
        """The embedder."""
        return self._embedding

    def add_documents(
        self, documents: list[Document], ids: Sequence[str | None] | None = None, **kwargs: Any
    ) -> list[str]:
        """Add documents under ``ids``, else under their own, else under new ones; returns these.

        Raises:
            KnowledgeBaseBusy: another process is writing.
            KnowledgeBaseError: a rebuild was stopped and isn't finished.
            TypeError: metadata isn't of the types above.
            ValueError: there are fewer or more ids than documents.
        """
        given = list(ids) if ids is not None else [document.id for document in documents]
        chosen = [each or uuid.uuid4().hex for each in given]
        new = {name: _to_passage(document, name) for name, document in zip(chosen, documents, strict=True)}
        with self._writing() as (writer, root):
            missing = writer.missing_vectors(list(new.values()))
            texts = [passage.text for passage in missing]
            embedded = self._embedding.embed_documents(texts) if texts else []
            vectors = {
                passage.digest: _normalized(vector) for passage, vector in zip(missing, embedded, strict=True)
            }
            for name, passage in new.items():
                writer.put(root, _to_document(name, passage), [passage], vectors)
        return chosen

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Add texts as documents; see ``add_documents``."""
        listed = list(texts)
        pairs = zip(listed, metadatas if metadatas is not None else [{} for _ in listed], strict=True)
        return self.add_documents([Document(text, metadata=each) for text, each in pairs], ids=ids)

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Delete the documents of these ids, or all that a store added; unknown ids are no error.

        Raises:
            KnowledgeBaseError: an id is that of an ingested file's passage, or a rebuild isn't finished.
            KnowledgeBaseBusy: another process is writing.
        """
        with self._writing() as (writer, root):
            ours = writer.documents(root)
            doomed = list(ours) if ids is None else [each for each in ids if each in ours]
            strangers = self.get_by_ids([each for each in ids or () if each not in ours])
            if strangers:
                source = strangers[0].metadata.get("source")
                raise KnowledgeBaseError(
                    f"passage {strangers[0].id} belongs to the ingested file {source}; delete that and run "
                    "`python -m ingest` on its folder"
                )
            for each in doomed:
                writer.remove(root, each)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents or passages of these ids, in their order; unknown ids are left out."""
        with self.view.contents() as contents:
            return contents.passages(ids, as_given=True)

    def similarity_search(
        self, query: str, k: int = 4, filter: Filter | Mapping[str, Any] | None = None, **kwargs: Any
    ) -> list[Document]:
        """The ``k`` documents of greatest cosine similarity to the query, of those that pass the filter.

        Raises:
            ConfigError: the filter's mapping has an unknown field or a wrong value.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, filter)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter | Mapping[str, Any] | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The same, each with that cosine."""
        return self._search(np.asarray(self._embedding.embed_query(query), dtype=np.float32), k, filter)

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Filter | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """The ``k`` documents of greatest cosine similarity to the vector, of those that pass the filter."""
        return [document for document, _ in self._search(np.asarray(embedding, dtype=np.float32), k, filter)]

    @contextmanager
    def _writing(self) -> Iterator[tuple[Writer, int]]:
        """A writer, the root to write to; all is published in the end, which half of a rebuild mustn't be."""
        with self.knowledge_base.writer(self._timeout) as writer:
            if writer.rebuilding:
                path = self.knowledge_base.path
                raise KnowledgeBaseError(
                    f"the knowledge base {path} was being made anew and that was stopped; finish it with "
                    f"`python -m ingest DIR --kb {path}`"
                )
            yield writer, writer.root(STORE_ROOT)
            writer.publish()

    def _search(
        self, vector: NDArray[np.float32], k: int, filter: Filter | Mapping[str, Any] | None
    ) -> list[tuple[Document, float]]:
        wanted = filter if filter is None or isinstance(filter, Filter) else Filter.from_record(filter)
        with self.view.snapshot() as snapshot:
            scores = dict(snapshot.search_dense(vector, k, wanted))
            return [(each, scores[str(each.id)]) for each in snapshot.passages(list(scores), as_given=True)]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: (1 + cosine) / 2

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: Path | None = None,
        roots: Roots | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store over the knowledge base at ``path`` (made if there is none), with the texts added.

        Raises:
            ValueError: ``path`` or ``roots`` is missing.
            KnowledgeBaseMismatch: the knowledge base was made with another embedder.
        """
        if path is None:
            raise ValueError("PassageStore.from_texts needs path=, the knowledge base's folder")
        if roots is None:
            raise ValueError("PassageStore.from_texts needs roots=, what may be found: EVERYTHING, say")
        store = cls(KnowledgeBase.create(path, fingerprint_of(embedding)), embedding, roots)
        store.add_texts(texts, metadatas, ids=ids)
        return store


def fingerprint_of(embedding: Embeddings) -> EmbedderFingerprint:
    """The embedder's own fingerprint, or one made of its class and dimension where it has none."""
    own = getattr(embedding, "fingerprint", None)
    if isinstance(own, EmbedderFingerprint):
        return own
    kind = type(embedding)
    return EmbedderFingerprint(
        name=f"{kind.__module__}.{kind.__qualname__}",
        dimension=len(embedding.embed_query("dimension")),
        digest="",
        query_prefix="",
        passage_prefix="",
    )


def _to_passage(document: Document, name: str) -> NewPassage:
    text = document.page_content
    lang = language_of(text)
    return NewPassage(text, 0, len(text), lang=lang, passage_id=name, metadata=document.metadata)


def _to_document(name: str, passage: NewPassage) -> NewDocument:
    text, size = passage.text, len(passage.text.encode())
    return NewDocument(name, digest_of(text), size, 0, "langchain", text=text, lang=passage.lang)


def _normalized(vector: Sequence[float]) -> NDArray[np.float32]:
    values = np.asarray(vector, dtype=np.float32)
    length = float(np.linalg.norm(values))
    return values / length if length > 0 else values
