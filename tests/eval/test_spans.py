import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.spans import find_span, find_spans, fold

_TEXT = st.text(alphabet="ab1 2.,\n　Ａé½㎡ﬁßΣς元年，。E4-", max_size=40)


@pytest.mark.parametrize(
    ("text", "copied", "found"),
    [
        ("每晚最多 560 元。", "560元", "560 元"),
        ("每晚最多５６０元。", "560元", "５６０元"),
        ("It takes\nsix  months.", "six months", "six  months"),
        ("Leak sensor wet", "leak sensor wet", "Leak sensor wet"),
        ("1500 or 15", "15", "15"),
        ("1.15 or 15.", "15", "15"),
        ("1,500", "500", None),
        ("belts", "belt", None),
        ("a ½ turn", "½", "½"),
        ("a ½ turn", "1", None),  # a part of a character
        ("nothing", " \n", None),
        ("nothing", "something", None),
    ],
)
def test_a_loose_copy_is_found_at_its_exact_place(text: str, copied: str, found: str | None) -> None:
    span = find_span(text, copied)
    assert (None if span is None else text[span.start : span.end]) == found


@given(_TEXT, _TEXT)
def test_folding_goes_character_by_character(first: str, second: str) -> None:
    assert fold(first + second) == fold(first) + fold(second)


@given(_TEXT, _TEXT)
def test_what_is_found_reads_as_what_was_looked_for(text: str, copied: str) -> None:
    span = find_span(text, copied)
    if span is not None:
        assert 0 <= span.start < span.end <= len(text)
        assert fold(text[span.start : span.end]) == fold(copied)
        assert not text[span.start].isspace() and not text[span.end - 1].isspace()


@given(
    _TEXT, st.text(alphabet="ab1½㎡é 元", min_size=1, max_size=10), _TEXT, st.sampled_from(["NFC", "NFKC"])
)
def test_whatever_stands_alone_is_found_however_it_is_written(
    before: str, copied: str, after: str, form: str
) -> None:
    text = f"{before}：{copied}；{after}"
    if not fold(copied):
        return
    loose = "\n".join(unicodedata.normalize(form, copied).upper())  # type: ignore[arg-type]
    span = find_span(text, loose)
    assert span is not None
    assert fold(text[span.start : span.end]) == fold(copied)
    assert span.end <= len(before) + 1 + len(copied)


def test_every_place_is_found_once() -> None:
    text = "15 of 150 are 15, not 1.15: １５"
    assert [text[a:b] for a, b in find_spans(text, "15")] == ["15", "15", "１５"]
    assert [tuple(each) for each in find_spans("哈哈哈哈哈", "哈哈")] == [(0, 2), (2, 4)]
