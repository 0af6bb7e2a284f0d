import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.citations import marked_sentences, normalize_marks, place_marks


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("两年[1]。", "两年[1]。"),
        ("两年【1，2】。", "两年[1][2]。"),
        ("two years [1, 3].", "two years[1][3]."),
        ("two years［2］.", "two years[2]."),
        ("an array[i] stays", "an array[i] stays"),
    ],
)
def test_marks_are_written_in_one_way(text: str, normal: str) -> None:
    assert normalize_marks(text) == normal


def test_a_mark_after_the_full_stop_belongs_to_the_sentence_before_it() -> None:
    sentences, dropped = marked_sentences("保修两年。[1] 电池一年。[2]", 2)
    assert [(each.text, each.numbers) for each in sentences] == [("保修两年。", (1,)), ("电池一年。", (2,))]
    assert dropped == ()


def test_a_mark_before_the_full_stop_belongs_to_its_sentence() -> None:
    sentences, _ = marked_sentences("It lasts two years [1]. The battery lasts one [2][1].", 2)
    assert [each.numbers for each in sentences] == [(1,), (2, 1)]
    assert [each.text for each in sentences] == ["It lasts two years.", "The battery lasts one."]


@pytest.mark.parametrize("written", ["It costs EUR 18 [2]. [2].", "It costs EUR 18 [2].[2]."])
def test_a_sentence_that_is_cited_and_ended_twice_is_ended_once(written: str) -> None:
    ((text, numbers),) = ((each.text, each.numbers) for each in marked_sentences(written, 2)[0])
    assert place_marks(text, numbers) == "It costs EUR 18 [2]."


def test_numbers_that_do_not_exist_are_dropped_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sentences, dropped = marked_sentences("Two years [1][7][0].", 3)
    assert sentences[0].numbers == (1,)
    assert dropped == (7, 0)
    assert "7" in caplog.text


@pytest.mark.parametrize(
    ("sentence", "placed"),
    [("两年。", "两年[1][2]。"), ("Two years.", "Two years [1][2]."), ("两年", "两年[1][2]")],
)
def test_marks_are_placed_before_the_full_stop(sentence: str, placed: str) -> None:
    assert place_marks(sentence, (1, 2)) == placed


@given(st.text(alphabet=st.sampled_from("ab保。. [123]【】\n"), max_size=80), st.integers(0, 5))
def test_any_text_gives_only_existing_numbers_and_no_marks_in_the_sentences(text: str, passages: int) -> None:
    sentences, _ = marked_sentences(text, passages)
    for each in sentences:
        assert all(1 <= number <= passages for number in each.numbers)
        assert len(set(each.numbers)) == len(each.numbers)
        assert normalize_marks(each.text) == each.text or "[" in each.text
