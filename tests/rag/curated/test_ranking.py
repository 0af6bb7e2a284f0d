"""Entries change places among themselves; the one that is asked comes first."""

from typing import Literal

from langchain_core.documents import Document

from rag.answer import Curated
from rag.curated import FaqMatch
from rag.curated.matcher import Considered


def passages(names: str) -> list[Document]:
    return [
        Document(id=name, page_content=name, metadata={"score": 1.0 - place / 10, "source": name})
        for place, name in enumerate(names)
    ]


def test_entries_take_each_others_places_and_others_keep_theirs() -> None:
    ranked = Considered(None, tuple("cqba")).arrange(passages("aXbYc"))

    assert "".join(str(each.id) for each in ranked) == "cXbYa"
    assert [each.metadata["score"] for each in ranked] == [1.0, 0.9, 0.8, 0.7, 0.6]


def test_entry_that_is_asked_comes_first_found_or_not() -> None:
    found = passages("abc")

    def asked(name: str, verdict: Literal["sure", "likely"] = "sure") -> Considered:
        passage = Document(id=name, page_content=name, metadata={"source": name})
        return Considered(FaqMatch(Curated(name, name, passage, 0, 1, 0.99), verdict), ())

    for name in ("c", "z"):
        ranked = asked(name).arrange(found)
        assert ranked[0].id == name
        assert ranked[0].metadata["score"] > ranked[1].metadata["score"]
    assert asked("a").arrange(found) == asked("c", "likely").arrange(found) == found
