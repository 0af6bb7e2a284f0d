import pytest

from rag.curated.substitutions import is_substituted
from rag.text.analysis import Analyzer


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("上海办事处的电话是多少？", "北京办事处的电话是多少？"),
        ("周六的客服电话是多少？", "周日的客服电话是多少？"),
        ("How do I open a savings account?", "How do I close a savings account?"),
        ("Who signs for travel to Berlin?", "Who signs for travel to Munich?"),
    ],
)
def test_another_word_in_one_place_of_the_frame_is_a_substitution(first: str, second: str) -> None:
    assert is_substituted(first, second, Analyzer()) and is_substituted(second, first, Analyzer())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("年假有多少天？", "请问年假一共有多少天？"),
        ("How long is the warranty?", "How long is the warranty of the pump?"),
        ("软管多久换一次？", "How often is the tubing changed?"),
        ("Where is my parcel?", "Nothing has arrived yet, what now?"),
    ],
)
def test_additions_and_quite_other_words_are_none(first: str, second: str) -> None:
    assert not is_substituted(first, second, Analyzer())
