"""What a retriever is: one protocol, and others' retrievers under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.answer import Stage
from rag.errors import ConfigError
from rag.questions.inquiry import Inquiry


class Retriever(Protocol):
    """Finds the passages that a question is answered from."""

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """The ``k`` best passages that pass the inquiry's filter, best first, copies with a score.

        ``k`` is by default the retriever's own. What each stage of the search left is added to ``stages``.
        """
        ...


@dataclass(frozen=True, slots=True)
class ForeignRetriever:
    """A LangChain retriever of somebody else's, which knows nothing of inquiries and filters."""

    retriever: BaseRetriever

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        """What it finds for the query, at most ``k``; it has no stages to tell of.

        Raises:
            ConfigError: the question has a filter, which it would ignore.
        """
        if inquiry.filter is not None:
            raise ConfigError(
                f"the retriever {self.retriever.get_name()} takes no filter; ask without one, or wrap it in "
                "a class whose search(inquiry) keeps to inquiry.filter (rag.retrievers.Retriever)"
            )
        return self.retriever.invoke(inquiry.query)[:k]


def note_stage(
    stages: list[Stage] | None,
    name: str,
    query: str,
    passages: Sequence[Document],
    scores: Mapping[str, Sequence[float | None]] | None = None,
) -> None:
    """Add what a stage of a search left to ``stages``, where somebody wants to know; see ``Stage``."""
    if stages is not None:
        columns = {column: tuple(values) for column, values in (scores or {}).items()}
        stages.append(Stage(name, tuple(passages), query, columns))
