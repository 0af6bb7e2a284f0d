"""Models that read a question and a passage together, to put the best candidates in a better order."""

from rag.models.reranker.choosing import BILINGUAL, build_reranker
from rag.models.reranker.reranker import Pace, Reranker, reading_cost, reads

__all__ = ["BILINGUAL", "Pace", "Reranker", "build_reranker", "reading_cost", "reads"]
