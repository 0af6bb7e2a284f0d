"""Entries change places among themselves; the one that is asked comes first."""

from langchain_core.documents import Document

from rag.curated.ranking import put_first, reorder


def passages(names: str) -> list[Document]:
    return [
        Document(id=name, page_content=name, metadata={"score": 1.0 - place / 10, "source": name})
        for place, name in enumerate(names)
    ]


def test_entries_take_each_others_places_and_others_keep_theirs() -> None:
    ranked = reorder(passages("aXbYc"), "cqba")

    assert "".join(str(each.id) for each in ranked) == "cXbYa"
    assert [each.metadata["score"] for each in ranked] == [1.0, 0.9, 0.8, 0.7, 0.6]


def test_entry_that_is_asked_comes_first_found_or_not() -> None:
    found = passages("abc")
    for name in ("c", "z"):
        ranked = put_first(found, Document(id=name, page_content=name, metadata={"source": name}))
        assert ranked[0].id == name
        assert ranked[0].metadata["score"] > ranked[1].metadata["score"]
    assert put_first(found, found[0]) == found
