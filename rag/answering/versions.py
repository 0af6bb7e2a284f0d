"""Which of the documents found are versions of one, and which of these is the newest."""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from rag.passage import metadata_of

_OF_A_VERSION = re.compile(  # what may tell a title from that of another version of the document
    r"(?:19|20)\d\d|\d{1,2}\s*[月日]|第\s*[一二三四五六七八九十\d]+\s*版|[一二三四]季度"
    r"|(?:关于|做好|进一步|调整|修订|修改|更新|最新|新|旧|原|试行|暂行|正式|征求意见稿|草案|终稿|补充|版本?|年度?|的)"
    r"|\b(?:version|edition|rev(?:ision)?|ver|v)\.?\s*[\d.]+"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"|\b(?:new|old|revised|updated?|amended|adjusted|adjusting|adjustment|changed?|draft|final|version|edition|q[1-4])\b"
    r"|\b(?:the|an?|of|to|in|on|for|about)\b|[\W_]",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def versions_among(passages: Sequence[Document]) -> set[str]:
    """The ids of documents that are titled as another one but for a year or the like: a notice, revised.

    Titles that differ in anything else, in a branch or a product, are not those of versions.
    """
    titles: dict[str, set[str]] = {}
    for passage in passages:
        title = _OF_A_VERSION.sub("", _document_title(passage)).lower()
        if title:
            titles.setdefault(title, set()).add(metadata_of(passage)["doc_id"])
    return {each for same in titles.values() if len(same) > 1 for each in same}


def newest_first(query: str, passages: Sequence[Document], versions: set[str]) -> list[Document]:
    """Let newer versions take the places of older ones, unless the question names a year."""
    if _YEAR.search(query):
        return list(passages)
    ordered = sorted(
        (passage for passage in passages if metadata_of(passage)["doc_id"] in versions),
        key=date_of,
        reverse=True,
    )
    newest = iter(ordered)
    return [next(newest) if metadata_of(passage)["doc_id"] in versions else passage for passage in passages]


def _document_title(passage: Document) -> str:
    """The title in the passage's context, or, in a document's first passage, its first line."""
    context = metadata_of(passage)["context"].partition("\n")[0]
    return context.partition(" > ")[0] or passage.page_content.partition("\n")[0]


def date_of(passage: Document) -> str:
    """The day on which its document was written, ISO 8601; "" where that isn't known."""
    return metadata_of(passage)["modified"][:10]
