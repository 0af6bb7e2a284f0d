"""What all parsers of ours have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.parsers.faq import pair_questions
from rag.errors import IngestError


class UnreadableFile(IngestError):
    """The file can't be read, for the reason given: a phrase that follows the file's name in a report."""


class DocumentParser(BaseBlobParser):
    """A parser of one format.

    ``version`` counts up when a parser's output changes, so that documents read by an older one are known.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @abstractmethod
    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        """The file's facts (``blocks.file_facts``) and its blocks in reading order.

        Raises:
            UnreadableFile: nothing can be read, for a reason that can be told.
        """

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """The file's facts, then its blocks, question–answer pairs made one block each.

        Raises:
            UnreadableFile: nothing can be read, for a reason that can be told.
        """
        facts, blocks = self.read(blob)
        yield facts
        yield from (each for each in pair_questions(blocks) if each.page_content)


def file_name(blob: Blob) -> str:
    """The name the blob's file goes by, or ""."""
    return str(blob.source or "").replace("\\", "/").rpartition("/")[2]
