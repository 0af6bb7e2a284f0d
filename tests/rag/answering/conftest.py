from collections.abc import Callable

import pytest
from langchain_core.documents import Document

from rag.text.language import language_of

MakePassage = Callable[..., Document]


@pytest.fixture(scope="session")
def make_passage() -> MakePassage:
    def make(text: str, *, source: str = "a.md", start: int = 0, **metadata: object) -> Document:
        return Document(
            id=f"{source}:{start}",
            page_content=text,
            metadata={
                "doc_id": source,
                "source": source,
                "page": None,
                "heading": (),
                "start": start,
                "end": start + len(text),
                "context": "",
                "kind": "prose",
                "lang": language_of(text),
                "modified": "2026-01-01",
                **metadata,
            },
        )

    return make
