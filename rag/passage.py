"""The passage: the retrieved unit, a LangChain ``Document`` with a metadata contract.

``Document.id`` is the passage id and ``Document.page_content`` an exact slice of its document's stored text:
``stored_text[metadata["start"]:metadata["end"]] == page_content``.
"""

from typing import Literal, NotRequired, TypedDict, cast

from langchain_core.documents import Document

Kind = Literal["prose", "faq", "table", "ocr"]


class PassageMetadata(TypedDict):
    """What every passage that comes out of a knowledge base carries in ``Document.metadata``."""

    doc_id: str
    source: str  # path relative to the root it was ingested from, with forward slashes
    page: int | None  # 1-based
    heading: tuple[str, ...]
    start: int  # code points into the document's stored text
    end: int
    context: str  # embedded and indexed beside the text: title, headings, a table's header
    kind: Kind
    lang: str  # "zh", "en" or another ISO 639-1 code
    modified: str  # the document's own date where it has one, else the file's (ISO 8601)
    score: NotRequired[float]  # stamped by retrievers on copies, never stored


def metadata_of(passage: Document) -> PassageMetadata:
    """The passage's metadata under its contract (a view for the type checker, not a copy)."""
    return cast(PassageMetadata, passage.metadata)


def with_score(passage: Document, score: float) -> Document:
    """A copy of the passage that carries a retriever's score; the stored passage is left as it is."""
    return Document(
        id=passage.id, page_content=passage.page_content, metadata={**passage.metadata, "score": score}
    )


def embedding_text(context: str, text: str) -> str:
    """What is embedded and indexed for a passage: its context, if any, on lines before its text."""
    return f"{context}\n{text}" if context else text
