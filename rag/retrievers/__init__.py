"""Finding passages: LangChain ``BaseRetriever`` parts that return scored copies, best first."""

from rag.retrievers.bridging import BridgingRetriever
from rag.retrievers.by_parts import PartsRetriever
from rag.retrievers.curated import CuratedRetriever
from rag.retrievers.dense import DenseRetriever
from rag.retrievers.filtering import retrieve, without_sources
from rag.retrievers.fusion import FusionRetriever, reciprocal_rank_fusion
from rag.retrievers.hybrid import HybridRetriever
from rag.retrievers.lexical import LexicalRetriever
from rag.retrievers.parts import split_question
from rag.retrievers.query_cache import CachedQueryEmbeddings
from rag.retrievers.reranking import RerankingRetriever

__all__ = [
    "BridgingRetriever",
    "CachedQueryEmbeddings",
    "CuratedRetriever",
    "DenseRetriever",
    "FusionRetriever",
    "HybridRetriever",
    "LexicalRetriever",
    "PartsRetriever",
    "RerankingRetriever",
    "reciprocal_rank_fusion",
    "retrieve",
    "split_question",
    "without_sources",
]
