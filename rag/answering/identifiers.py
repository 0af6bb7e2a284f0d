"""Part numbers, models and codes that a question asks about.

The commonest near miss: asked about error E12 where the manual lists E03 and E06, a generator answers with
one of those. A code that no passage found has, where they have others of its kind, is not in the documents.
"""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from rag.passage import embedding_text, metadata_of

_IDENTIFIER = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4})-?(\d{1,6})(?![A-Za-z0-9])")


def unknown_identifiers(question: str, passages: Sequence[Document]) -> list[str]:
    """The codes of the question that no passage has, though passages have others with the same letters.

    A code is one to four Latin letters and a number, with or without a hyphen: ``E12``, ``CBP-2104``.
    """
    known: dict[str, set[str]] = {}
    for passage in passages:
        text = embedding_text(metadata_of(passage)["context"], passage.page_content)
        for letters, number in _IDENTIFIER.findall(text):
            known.setdefault(letters.upper(), set()).add(number.lstrip("0"))
    return [
        match.group()
        for match in _IDENTIFIER.finditer(question)
        if match.group(1).upper() in known and match.group(2).lstrip("0") not in known[match.group(1).upper()]
    ]
