"""Retrieval systems by name: variants of the pipeline that a run compares."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever

from eval.measures.retrieval import Ranking, rank_documents
from rag.build import build_retriever
from rag.errors import EvalError
from rag.knowledge_base import KnowledgeBase
from rag.retrievers import DenseRetriever, LexicalRetriever
from rag.settings import Settings

DEPTH = 100  # documents of a ranking: what R@100 looks at

MakeRetriever = Callable[[Settings, KnowledgeBase, Embeddings, int], BaseRetriever]


def _dense(settings: Settings, kb: KnowledgeBase, embeddings: Embeddings, k: int) -> BaseRetriever:
    return DenseRetriever(knowledge_base=kb, embeddings=embeddings, k=k)


def _lexical(settings: Settings, kb: KnowledgeBase, embeddings: Embeddings, k: int) -> BaseRetriever:
    return LexicalRetriever(knowledge_base=kb, k=k)


RETRIEVAL_SYSTEMS: dict[str, MakeRetriever] = {
    "dense": _dense,
    "lexical": _lexical,
    "hybrid": build_retriever,
}


@dataclass(frozen=True, slots=True)
class RetrievalSystem:
    """Ranks documents for a query."""

    name: str
    settings: Settings
    knowledge_base: KnowledgeBase
    embeddings: Embeddings

    def rank(self, query: str, left_out: Set[str] = frozenset(), depth: int = DEPTH) -> Ranking:
        """The ``depth`` best documents, each by its best passage: fetched until there are so many.

        Args:
            query: what is asked.
            left_out: documents that take no part.
            depth: how many documents.
        """
        k = depth
        while True:
            make = RETRIEVAL_SYSTEMS[self.name]
            passages = make(self.settings, self.knowledge_base, self.embeddings, k).invoke(query)
            scored = ((str(each.metadata["source"]), float(each.metadata["score"])) for each in passages)
            ranking = rank_documents(scored, left_out)
            if len(ranking) >= depth or len(passages) < k:
                return ranking[:depth]
            k *= 2


def retrieval_system(
    name: str, settings: Settings, knowledge_base: KnowledgeBase, embeddings: Embeddings
) -> RetrievalSystem:
    """The system of that name.

    Raises:
        EvalError: there is none.
    """
    if name not in RETRIEVAL_SYSTEMS:
        raise EvalError(f"there is no retrieval system {name}; there are {', '.join(RETRIEVAL_SYSTEMS)}")
    return RetrievalSystem(name, settings, knowledge_base, embeddings)
