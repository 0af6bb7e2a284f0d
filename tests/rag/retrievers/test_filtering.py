"""Filters handed to retrievers, ours and others'."""

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from rag.errors import ConfigError
from rag.filter import Filter
from rag.retrievers import FusionRetriever, retrieve

MD, PDF = Filter(type=("md",)), Filter(type=("pdf",))


class Noting(BaseRetriever):
    """Remembers the filters it was asked with."""

    filters: list[Filter | None] = Field(default_factory=list)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, filter: Filter | None = None
    ) -> list[Document]:
        self.filters.append(filter)
        return []


class Plain(BaseRetriever):
    """Knows of no filters, as most retrievers."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document(id="a", page_content="anything")]


def test_filter_reaches_the_retriever() -> None:
    noting = Noting()
    for each in (MD, None, Filter()):
        retrieve(noting, "?", each)
    assert noting.filters == [MD, None, None]


def test_retriever_that_would_ignore_the_filter_is_refused() -> None:
    assert [each.id for each in retrieve(Plain(), "?")] == ["a"]
    assert [each.id for each in retrieve(Plain(), "?", Filter())] == ["a"]
    with pytest.raises(ConfigError, match="Plain takes no filter"):
        retrieve(Plain(), "?", MD)
    with pytest.raises(ConfigError, match="Plain takes no filter"):
        FusionRetriever(retrievers=[Noting(), Plain()]).invoke("?", filter=MD)


def test_fusion_passes_its_filter_on_unless_the_query_has_its_own() -> None:
    noting = Noting()
    fusion = FusionRetriever(retrievers=[noting], filter=MD)
    fusion.invoke("?")
    fusion.invoke("?", filter=PDF)
    assert noting.filters == [MD, PDF]


async def test_filter_reaches_the_retriever_when_awaited() -> None:
    noting = Noting()
    await FusionRetriever(retrievers=[noting]).ainvoke("?", filter=MD)
    assert noting.filters == [MD]
