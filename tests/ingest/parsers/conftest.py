"""Run a parser over bytes."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob


class Parsed(NamedTuple):
    """What a parser yielded."""

    facts: Document
    blocks: list[Document]

    @property
    def texts(self) -> list[str]:
        """The blocks' texts."""
        return [each.page_content for each in self.blocks]

    @property
    def kinds(self) -> list[str]:
        """The blocks' kinds."""
        return [each.metadata["kind"] for each in self.blocks]

    @property
    def paths(self) -> list[tuple[str, ...]]:
        """The blocks' heading paths."""
        return [each.metadata["heading"] for each in self.blocks]


Parse = Callable[[BaseBlobParser, str | bytes], Parsed]


@pytest.fixture
def parse() -> Parse:
    def run(parser: BaseBlobParser, content: str | bytes) -> Parsed:
        data = content.encode() if isinstance(content, str) else content
        facts, *blocks = parser.lazy_parse(Blob.from_data(data, path="a.file"))
        assert facts.metadata["kind"] == "file"
        return Parsed(facts, blocks)

    return run
