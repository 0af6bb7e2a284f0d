"""Which of the documents found are versions of one, and which of these is the newest."""

import re
from collections.abc import Mapping, Sequence

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
_TELLING = re.compile(  # what may tell in a question which version is meant
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}\s*月|第\s*[一二三四五六七八九十\d]+\s*版|[一二三四]季度"
    r"|\bv?\d+(?:\.\d+)+\b|\bq[1-4]\b",
    re.IGNORECASE,
)


def versions_among(passages: Sequence[Document]) -> dict[str, str]:
    """The ids of documents that are titled as another one but for a year or the like: a notice, revised.

    To each what its title has in common with those of its other versions. Titles that differ in anything
    else, in a branch or a product, are not those of versions.
    """
    titles: dict[str, set[str]] = {}
    for passage in passages:
        title = _OF_A_VERSION.sub("", _document_title(passage)).lower()
        if title:
            titles.setdefault(title, set()).add(metadata_of(passage)["doc_id"])
    return {each: title for title, same in titles.items() if len(same) > 1 for each in same}


def newest_first(query: str, passages: Sequence[Document], versions: Mapping[str, str]) -> list[Document]:
    """Let newer versions take the places of older ones of the same document.

    Not where the question names a year or the like that some of them have and others haven't.
    """
    groups: dict[str, list[Document]] = {}
    for passage in passages:
        if (title := versions.get(metadata_of(passage)["doc_id"])) is not None:
            groups.setdefault(title, []).append(passage)
    places = {
        title: iter(same if _is_told(query, same) else sorted(same, key=date_of, reverse=True))
        for title, same in groups.items()
    }
    return [
        passage if (title := versions.get(metadata_of(passage)["doc_id"])) is None else next(places[title])
        for passage in passages
    ]


def _is_told(query: str, versions: Sequence[Document]) -> bool:
    """Whether the question says which of the versions is meant."""
    dated = {_plain(f"{_document_title(each)} {date_of(each)}") for each in versions}
    told = (_plain(match.group()) for match in _TELLING.finditer(query))
    return any(0 < sum(each in text for text in dated) < len(dated) for each in told)


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def _document_title(passage: Document) -> str:
    """The title in the passage's context, or, in a document's first passage, its first line."""
    context = metadata_of(passage)["context"].partition("\n")[0]
    return context.partition(" > ")[0] or passage.page_content.partition("\n")[0]


def date_of(passage: Document) -> str:
    """The day on which its document was written, ISO 8601; "" where that isn't known."""
    return metadata_of(passage)["modified"][:10]
