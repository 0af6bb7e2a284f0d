"""Passages that say the same are returned once; versions and look-alikes are kept apart."""

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag.retrievers.repetition import distinct_passages

LONG = (
    "Visitors register at the reception of the north building, receive a badge that must be worn visibly, "
    "and are accompanied by a member of staff at all times while they are in the laboratories on the "
    "second floor."
)


def passage(name: str, text: str, *heading: str) -> Document:
    return Document(id=name, page_content=text, metadata={"heading": heading})


def kept(*passages: Document) -> list[str | None]:
    return [each.id for each in distinct_passages(passages, 10)]


def test_nearly_the_same_passage_is_left_out_whatever_its_heading() -> None:
    copy = LONG.replace("second floor", "second  floor").replace("a member of staff", "a member of the staff")
    assert kept(passage("a", LONG, "Visits"), passage("b", copy, "Besuche")) == ["a"]


def test_two_versions_that_differ_in_a_number_are_both_kept() -> None:
    text = LONG + " The limit is 480 yuan a night."
    assert kept(passage("a", text), passage("b", text.replace("480", "560"))) == ["a", "b"]


def test_short_passages_mean_what_their_headings_say() -> None:
    assert kept(passage("a", "保修期 24 个月", "P200"), passage("b", "保修期 24 个月", "D80")) == ["a", "b"]
    assert kept(passage("a", "保修期 24 个月", "P200"), passage("b", "保修期 24  个月", "P200")) == ["a"]


def test_no_more_than_k_are_returned_and_what_is_left_out_does_not_count() -> None:
    passages = [
        passage("a", LONG),
        passage("b", LONG),
        passage("c", "Other text."),
        passage("d", "More text."),
    ]
    assert [each.id for each in distinct_passages(passages, 2)] == ["a", "c"]


@given(st.lists(st.text(max_size=30), max_size=8), st.integers(1, 8))
def test_first_of_each_text_is_kept_in_order(texts: list[str], k: int) -> None:
    passages = [passage(str(number), text) for number, text in enumerate(texts)]
    found = distinct_passages(passages, k)
    assert [int(str(each.id)) for each in found] == sorted(int(str(each.id)) for each in found)
    assert len({each.page_content for each in found}) == len(found) <= k
    if texts:
        assert found[0].page_content == texts[0]
