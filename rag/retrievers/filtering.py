"""Asking any LangChain retriever for passages that pass a filter."""

import inspect

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig

from rag.errors import ConfigError
from rag.filter import Filter


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
