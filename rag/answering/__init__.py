"""From passages to an answer that cites them."""

from rag.answering.chain import AnswerChain

__all__ = ["AnswerChain"]
