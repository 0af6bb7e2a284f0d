"""The parts that systems share: embedders, generators and knowledge bases, each loaded once."""

import json
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from langchain_core.embeddings import Embeddings

from eval.generation_cache import cached_generator
from eval.selection import Corpus
from eval.systems import System
from rag.build import build_embeddings, build_generator
from rag.knowledge_base import KnowledgeBase, View
from rag.models.embedder import CachedQueryEmbeddings, SentenceEmbeddings
from rag.models.generator import Generator


class Parts:
    """Opens what systems need when they need it, and closes it at the end."""

    def __init__(self, *, fresh: bool = False) -> None:
        """``fresh``: generators write every answer anew."""
        self._fresh = fresh
        self._embedders: dict[str, SentenceEmbeddings] = {}
        self._cached: dict[str, CachedQueryEmbeddings] = {}  # by system
        self._generators: dict[str, Generator] = {}
        self._knowledge_bases: dict[tuple[int, str], KnowledgeBase] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def embedder(self, system: System) -> SentenceEmbeddings:
        """The system's embedder."""
        key = _key(system.settings.embedder)
        if key not in self._embedders:
            self._embedders[key] = build_embeddings(system.settings)
        return self._embedders[key]

    def embeddings(self, system: System) -> Embeddings:
        """The system's embedder, which embeds each of the last queries once.

        No other system's: what one has asked before must not make the next one quicker.
        """
        return self._cached.setdefault(system.name, CachedQueryEmbeddings(self.embedder(system)))

    def knowledge_base(self, system: System, corpus: Corpus) -> KnowledgeBase:
        """The corpus as the system's embedder and splitter have it.

        Raises:
            RagError: it can't be made or opened.
        """
        settings = system.settings
        key = (id(corpus), _key(settings.embedder, settings.splitter, settings.ingest))
        if key not in self._knowledge_bases:
            embedder = self.embedder(system)
            opened = corpus.open(settings, embedder, embedder.fingerprint)
            self._knowledge_bases[key] = self._stack.enter_context(opened)
        return self._knowledge_bases[key]

    def generator(self, system: System, view: View) -> Generator:
        """The system's generator, its answers cached; loaded when it first has to write one itself.

        Raises:
            RagError: it isn't there.
        """
        settings = system.settings.generator
        if settings.model == "extractive":  # looks words up in the knowledge base's glossary
            with view.contents() as contents:
                analyzer = contents.analyzer
            return build_generator(settings, analyzer=analyzer, embeddings=self.embeddings(system))
        key = _key(settings)
        if key not in self._generators:
            self._generators[key] = cached_generator(build_generator(settings), settings, fresh=self._fresh)
        return self._generators[key]


def _key(*sections: object) -> str:
    return json.dumps([repr(each) for each in sections])
