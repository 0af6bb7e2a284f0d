"""Finding passages: LangChain ``BaseRetriever`` parts that return scored copies, best first."""

from rag.retrievers.dense import DenseRetriever
from rag.retrievers.filtering import retrieve, without_sources
from rag.retrievers.fusion import FusionRetriever, reciprocal_rank_fusion
from rag.retrievers.hybrid import HybridRetriever
from rag.retrievers.lexical import LexicalRetriever
from rag.retrievers.multi_hop import BridgingRetriever
from rag.retrievers.multi_part import PartsRetriever
from rag.retrievers.reranking import RerankingRetriever

__all__ = [
    "BridgingRetriever",
    "DenseRetriever",
    "FusionRetriever",
    "HybridRetriever",
    "LexicalRetriever",
    "PartsRetriever",
    "RerankingRetriever",
    "reciprocal_rank_fusion",
    "retrieve",
    "without_sources",
]
