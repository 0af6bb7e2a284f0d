"""The marks by which a text cites: one way of writing them, wherever they are read or placed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.marks import (
    mark,
    marked_numbers,
    normalize_marks,
    place_marks,
    split_leading_marks,
    without_marks,
)


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


@pytest.mark.parametrize(
    ("sentence", "placed"),
    [("两年。", "两年[1][2]。"), ("Two years.", "Two years [1][2]."), ("两年", "两年[1][2]")],
)
def test_marks_are_placed_before_the_full_stop(sentence: str, placed: str) -> None:
    assert place_marks(sentence, (1, 2)) == placed


def test_marks_are_taken_out_with_the_space_before_them() -> None:
    assert without_marks("Two years [1][2]. 两年[3]。") == "Two years. 两年。"


def test_leading_marks_are_split_from_the_rest() -> None:
    assert split_leading_marks(" [1] [2] Then.") == ("[1] [2]", "Then.")
    assert split_leading_marks("Then [1].") == ("", "Then [1].")


@given(st.lists(st.integers(1, 999), max_size=5))
def test_numbers_come_back_as_they_were_placed(numbers: list[int]) -> None:
    placed = place_marks("Two years.", numbers)
    assert marked_numbers(placed) == numbers
    assert all(mark(each) in placed for each in numbers)
    assert without_marks(placed) == "Two years."
