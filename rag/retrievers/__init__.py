"""Finding passages: ``PassageSearch`` is the search, ``Retriever`` what anything that finds passages is."""

from rag.retrievers.retriever import ForeignRetriever, Retriever
from rag.retrievers.search import PassageSearch

__all__ = ["ForeignRetriever", "PassageSearch", "Retriever"]
