"""Models that read a question and a passage together, to put the best candidates in a better order."""

from rag.rerankers.choosing import BILINGUAL, build_reranker
from rag.rerankers.reranker import Pace, Reranker, reading_cost, reads

__all__ = ["BILINGUAL", "Pace", "Reranker", "build_reranker", "reading_cost", "reads"]
