"""Finding passages: ``PassageSearch`` is the search, ``Retriever`` what anything that finds passages is."""

from rag.retrievers.ranks import DenseRetriever, LexicalRetriever
from rag.retrievers.retriever import InquiryRetriever, Retriever, as_retriever
from rag.retrievers.search import PassageSearch

__all__ = [
    "DenseRetriever",
    "InquiryRetriever",
    "LexicalRetriever",
    "PassageSearch",
    "Retriever",
    "as_retriever",
]
