"""Retrievers that find only what passes a filter, and asking any retriever for that."""

import inspect
from abc import abstractmethod
from typing import Self

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig, run_in_executor

from rag.errors import ConfigError
from rag.filter import Filter


class FilteringRetriever(BaseRetriever):
    """Finds only passages that pass ``filter``; ``invoke(query, filter=...)`` sets another for one query."""

    filter: Filter | None = None

    @abstractmethod
    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        """What is found; ``filter`` is the query's own, if it has one."""

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=run_manager.get_sync(), filter=filter
        )


class WrappingRetriever(FilteringRetriever):
    """Makes something of what another retriever finds."""

    retriever: BaseRetriever

    def leaving_out(self, sources: frozenset[str]) -> Self:
        """The same, as if documents of these sources weren't there."""
        return self.model_copy(update={"retriever": without_sources(self.retriever, sources)})


def retrieve(
    retriever: BaseRetriever,
    query: str,
    filter: Filter | None = None,
    config: RunnableConfig | None = None,
) -> list[Document]:
    """What the retriever finds, of what passes the filter.

    A filter is passed on as the keyword ``filter``, which LangChain hands to the retrievers that have it.

    Raises:
        ConfigError: the retriever has no such keyword, so it would find what doesn't pass.
    """
    if filter is None or filter.is_empty:
        return retriever.invoke(query, config=config)
    if "filter" not in inspect.signature(retriever._get_relevant_documents).parameters:
        raise ConfigError(
            f"the retriever {retriever.get_name()} takes no filter; ask without one, or give its "
            "_get_relevant_documents a keyword 'filter'"
        )
    return retriever.invoke(query, config=config, filter=filter)


def without_sources(retriever: BaseRetriever, sources: frozenset[str]) -> BaseRetriever:
    """The same retriever, as if documents of these sources weren't there, where it can do that."""
    if isinstance(retriever, WrappingRetriever):
        return retriever.leaving_out(sources)
    if "left_out" in type(retriever).model_fields:
        return retriever.model_copy(update={"left_out": sources})
    return retriever
