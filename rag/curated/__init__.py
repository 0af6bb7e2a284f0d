"""Curated questions and answers: which entry a question asks, and how sure that is."""

from rag.curated.matcher import FaqMatch, FaqMatcher

__all__ = ["FaqMatch", "FaqMatcher"]
