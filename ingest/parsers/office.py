"""What the parsers of Office files have in common, and the one for files of old formats."""

import logging
import zipfile
from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from ingest.parsers.base import DocumentParser, UnreadableFile, file_name
from ingest.parsers.content import content_suffix
from ingest.parsers.delimited import is_delimited
from ingest.parsers.office_container import open_package, unlocked
from ingest.parsers.registry import parser_for

logger = logging.getLogger(__name__)

_OLD_EXCEL = (".xls", ".et")


class OfficeParser(DocumentParser):
    """A parser of one kind of Office Open XML file. Other files under its name are read as what they are."""

    suffix: ClassVar[str]
    kind: ClassVar[str]  # what people call such a file

    @abstractmethod
    def read_package(self, data: bytes, archive: zipfile.ZipFile) -> tuple[Document, list[Document]]:
        """As ``read``, of the decrypted file, opened as the archive it is. May raise anything."""

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        data = unlocked(blob.as_bytes())
        real = content_suffix(data)
        if real and real != self.suffix:
            return read_as(real, data, blob)
        try:
            with open_package(data) as archive:
                return self.read_package(data, archive)
        except UnreadableFile as error:
            raise UnreadableFile(f"the {self.kind} file can't be read: {error}") from error
        except (RecursionError, MemoryError):
            raise
        except Exception as error:  # the libraries let lxml's, zipfile's and many others through
            reason = error if str(error) else type(error).__name__
            raise UnreadableFile(f"the {self.kind} file is damaged: {reason}") from error


class OldOfficeParser(DocumentParser):
    """Says what to do with ``.doc``, ``.xls`` and ``.ppt`` files, and reads those that are something else."""

    name = "old-office"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        data = unlocked(blob.as_bytes())
        real = content_suffix(data)
        if not real and file_name(blob).lower().endswith(_OLD_EXCEL) and is_delimited(data):
            real = ".csv"  # what many programs export "to Excel"
        if not real:
            raise UnreadableFile("it isn't the old Office file that its name says")
        return read_as(real, data, blob)


def read_as(suffix: str, data: bytes, blob: Blob) -> tuple[Document, Iterable[Document]]:
    """The file read by the parser of another suffix, with a warning that says so."""
    parser = parser_for(suffix)
    if not isinstance(parser, DocumentParser):
        raise UnreadableFile(f"by its content it is a {suffix} file, which isn't read")
    logger.warning("by its content it is a %s file, and was read as one", suffix)
    return parser.read(Blob.from_data(data, path=blob.source))
