"""Why a parser can't read a file."""

from rag.errors import IngestError


class UnreadableFile(IngestError):
    """The file can't be read, for the reason given: a phrase that follows the file's name in a report."""
