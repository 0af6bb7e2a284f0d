"""The one object that every door opens: the command line, the page, the evaluation, a Python session.

    from rag.service import Service

    with Service.open("kb.wenju", roots="everything") as wenju:
        print(wenju.ask("How long is the warranty?").text)

Libraries that take seconds to load are imported where something needs them.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from langchain_core.documents import Document

from rag.answer import Answer, Event, Question, SearchResult
from rag.errors import ConfigError
from rag.filter import EVERYTHING, Roots
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.retrievers import BaseRetriever

    from rag.answering import AnswerChain
    from rag.curated.duplicates import SameQuestion, StoredEntry
    from rag.knowledge_base import KnowledgeBase, RelatedDocument, StoredDocument, VerifyReport, View
    from rag.models.generator import Generator
    from rag.retrievers import PassageSearch, Retriever

Part = TypeVar("Part")


class Service:
    """A knowledge base and the models that answer from it, each opened once, when it is first needed.

    Ask it from any number of threads. What may be seen is settled when it is opened, and no question can
    widen it: a server holds one service for each set of folders that its users may see, and gives all of
    them the same embedder and generator.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        roots: Roots,
        knowledge_base: "KnowledgeBase | None" = None,
        embeddings: "Embeddings | None" = None,
        generator: "Generator | None" = None,
        retriever: "Retriever | BaseRetriever | None" = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            settings: what is to be opened.
            roots: the ingested folders that may be seen, or ``EVERYTHING``.
            knowledge_base: an open one in place of the settings'; it isn't closed with the service.
            embeddings: its embedder, given together with it.
            generator: in place of the settings'.
            retriever: what ``ask`` finds its evidence with, in place of the settings'; it keeps to the roots
                by itself.

        Raises:
            ValueError: a knowledge base without its embedder, or the reverse: something else would be opened
                in its place.
        """
        if (knowledge_base is None) != (embeddings is None):
            raise ValueError("give a knowledge base and its embedder together, or neither")
        self.settings = settings
        self.roots = roots
        self._opened = ExitStack()
        self._looked_into = _Once(lambda: knowledge_base or self._open_to_look())
        self._searched = _Once(lambda: self._open_to_search(knowledge_base, embeddings))
        self._chain = _Once(lambda: self._build_chain(generator, retriever))
        self._retriever = _Once(self._build_retriever)
        self._lock = threading.Lock()
        self._warm = False

    @classmethod
    def open(
        cls,
        path: str | PathLike[str] | None = None,
        *,
        roots: Roots,
        config: Path | None = None,
        generator: str | None = None,
    ) -> Self:
        """For the knowledge base at ``path``, by the settings of ``rag.toml`` or of another file.

        Args:
            path: the knowledge base's folder; by default the settings'.
            roots: the ingested folders that may be seen, or ``EVERYTHING``.
            config: the settings file.
            generator: the generator's model, in place of the settings'.

        Raises:
            ConfigError: the settings are wrong.
        """
        kb = Path(path) if path is not None else None
        return cls(load_settings(config, kb=kb, generator=generator), roots=roots)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was opened; an answer that is being given is finished."""
        self._opened.close()

    def ask(self, question: str | Question) -> Answer:
        """Answer a question from what may be seen.

        Raises:
            ConfigError: the question is empty or too long.
            RagError: the knowledge base or a model can't be had, or the generator failed.
        """
        return self._chain().invoke(question)

    def events(self, question: str | Question) -> Iterator[Event]:
        """What happens on the way to what ``ask`` gives: `Found`, drafts, last `Final` with the answer.

        Raises:
            RagError: what ``ask`` raises.
        """
        return self._chain().events(question)

    def search(self, query: str | Question, k: int | None = None) -> SearchResult:
        """The ``k`` best passages, by default as many as the settings say, that pass the question's filter.

        A question that leans on its conversation is searched together with it.

        Raises:
            ConfigError: the query is empty or too long.
            RagError: the knowledge base or the embedder can't be had.
        """
        from rag.questions.inquiry import checked, understand

        question = checked(query, self.settings.answering.max_question_characters)
        retriever = self._retriever()
        inquiry = understand(question)
        _, embeddings = self._searched()
        start = time.perf_counter()
        embeddings.embed_query(inquiry.query)
        embedded = time.perf_counter()
        passages = retriever.search(inquiry, k)
        end = time.perf_counter()
        return SearchResult(
            question,
            tuple(passages),
            round((embedded - start) * 1000, 3),
            round((end - start) * 1000, 3),
        )

    def documents(self) -> "list[StoredDocument]":
        """All documents, by root and source; those that couldn't be read too.

        Raises:
            KnowledgeBaseError: there is no knowledge base, or it can't be read.
        """
        with self._looked_into().view(self.roots).contents() as contents:
            return contents.documents()

    def text(self, source: str, root: str | None = None) -> str:
        """A document's stored text, which the offsets of passages and citations point into.

        Raises:
            KnowledgeBaseError: there is no such document, several roots have one, or it couldn't be read.
        """
        with self._looked_into().view(self.roots).contents() as contents:
            return contents.text(source, root)

    def related(self, of: str | Document, root: str | None = None, k: int = 10) -> "list[RelatedDocument]":
        """The ``k`` documents that are nearest to a document, or to a passage, best first.

        Args:
            of: the document's source, or the passage.
            root: the folder that the document was ingested from, where several have such a source.
            k: how many.

        Raises:
            KnowledgeBaseError: there is no such document or passage, or several roots have the document.
        """
        with self._looked_into().view(self.roots).contents() as contents:
            return contents.related(of, k, root)

    def curated(self) -> "tuple[list[StoredEntry], list[SameQuestion]]":
        """The curated questions and answers, in order of their documents, and the pairs that ask the same."""
        from rag.curated.duplicates import list_entries, same_questions

        with self._looked_into().view(self.roots).contents() as contents:
            return list_entries(contents), same_questions(contents)

    @property
    def generation(self) -> int:
        """The published generation of the whole knowledge base, whatever may be seen of it.

        It rises when any folder's documents are published, so it tells that something changed, and when;
        of what there is, or in which folder, it tells nothing.
        """
        return self._looked_into().generation

    def verify(self) -> "VerifyReport":
        """Prove that the whole knowledge base agrees with itself; changes nothing.

        Raises:
            ConfigError: the service may not see everything, and problems name what they concern.
            KnowledgeBaseBusy: another process is writing to it.
        """
        if self.roots != EVERYTHING:
            raise ConfigError("only a service that is opened for EVERYTHING can verify a knowledge base")
        return self._looked_into().verify()

    def warm(self, language: str) -> None:
        """Load what answering needs, once, so that the first question is as quick as the next ones.

        Args:
            language: of the prompt whose fixed head the generator reads beforehand: "zh" or "en".

        Raises:
            RagError: a part can't be had.
        """
        with self._lock:
            if not self._warm:
                from rag.questions.inquiry import understand

                chain = self._chain()
                chain.retriever.search(understand("."))  # loads the embedder and the indexes
                chain.warm(language)
                self._warm = True

    def _build_retriever(self) -> "PassageSearch":
        from rag.build import build_retriever

        return build_retriever(self.settings, *self._searched())

    def _open_to_look(self) -> "KnowledgeBase":
        """Whatever embedder made it."""
        from rag.build import open_knowledge_base

        return self._opened.enter_context(open_knowledge_base(self.settings))

    def _open_to_search(
        self, knowledge_base: "KnowledgeBase | None", embeddings: "Embeddings | None"
    ) -> "tuple[View, Embeddings]":
        """With the settings' embedder, which must have made it."""
        from rag.build import build_embeddings, open_knowledge_base
        from rag.models.embedder import CachedQueryEmbeddings

        if knowledge_base is not None and embeddings is not None:
            return knowledge_base.view(self.roots), embeddings
        embedder = build_embeddings(self.settings)
        opened = self._opened.enter_context(open_knowledge_base(self.settings, embedder))
        return opened.view(self.roots), CachedQueryEmbeddings(embedder)

    def _build_chain(
        self, generator: "Generator | None", retriever: "Retriever | BaseRetriever | None"
    ) -> "AnswerChain":
        from rag.build import build_answer_chain

        view, embeddings = self._searched()
        return build_answer_chain(
            self.settings, view, embeddings=embeddings, generator=generator, retriever=retriever
        )


class _Once(Generic[Part]):
    """A part that is made when it is first asked for, by one thread; one that can't be is tried again."""

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._made: list[Part] = []
        self._lock = threading.Lock()

    def __call__(self) -> Part:
        """The part; raises what making it raises."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
