"""Rich Text Format, by striprtf: its text, without styles.

Pictures and footnotes are left out; of a link, its text is read.
"""

import re
from collections.abc import Iterable

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from striprtf.striprtf import rtf_to_text

from ingest.parsers.base import DocumentParser, UnreadableFile
from ingest.parsers.blocks import file_facts
from ingest.parsers.text import text_blocks

_ROW = re.compile(r"^(.*)\|$", re.MULTILINE)  # how striprtf writes a table's row


class RtfParser(DocumentParser):
    """Reads ``.rtf`` files: paragraphs and the rows of tables as lines."""

    name = "rtf"

    def read(self, blob: Blob) -> tuple[Document, Iterable[Document]]:
        data = blob.as_bytes()
        if not data.lstrip().startswith(b"{\\rtf"):
            raise UnreadableFile("it isn't an RTF file")
        # RTF is ASCII and escapes other bytes; the text between is decoded as its font tables say
        text: str = rtf_to_text(data.decode("cp1252", "replace"), errors="replace")  # type: ignore[no-untyped-call]
        title, blocks = text_blocks(_ROW.sub(lambda match: match.group(1).replace("|", " | "), text))
        return file_facts(title=title), blocks
