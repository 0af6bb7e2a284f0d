"""Generators: LangChain chat models that write answers from passages, or pick them out."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class EvidenceReader(Protocol):
    """A generator that picks sentences out of passages instead of writing them."""

    def read(self, question: str, passages: Sequence[str]) -> list[tuple[int, str]]:
        """The sentences that answer the question, each with the 1-based number of its passage; or none."""
        ...
