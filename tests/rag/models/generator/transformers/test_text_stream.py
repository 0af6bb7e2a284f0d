from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.models.generator.transformers.text_stream import TextStream


class Bytes:
    """A tokenizer whose tokens are single bytes, so that every Chinese character is cut."""

    def decode(self, tokens: Sequence[int], **_: object) -> str:
        return bytes(tokens).decode("utf-8", errors="replace")


class Words:
    """A tokenizer that, like sentencepiece, puts a space before a word unless it comes first."""

    words = ("the", "bus", "leaves", "early")

    def decode(self, tokens: Sequence[int], **_: object) -> str:
        return " ".join(self.words[token] for token in tokens)


def pieces_of(text: str, sizes: list[int], stop: Sequence[str] = ()) -> tuple[list[str], TextStream]:
    stream = TextStream(Bytes(), stop)
    data = list(text.encode())
    pieces = []
    while data:
        size = sizes.pop() if sizes else 1
        pieces.append(stream.feed(data[:size]))
        data = data[size:]
    pieces.append(stream.finish())
    return pieces, stream


@given(st.text(max_size=30), st.lists(st.integers(1, 5)))
def test_pieces_make_the_text_and_no_character_comes_in_halves(text: str, sizes: list[int]) -> None:
    text = text.replace("\ufffd", "")
    pieces, _ = pieces_of(text, sizes)
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)


@given(
    st.text("ab停用", max_size=20),
    st.lists(st.text("ab停用", min_size=1, max_size=3), min_size=1, max_size=3),
    st.lists(st.integers(1, 5)),
)
def test_nothing_from_the_first_stop_string_on_is_shown(text: str, stop: list[str], sizes: list[int]) -> None:
    pieces, stream = pieces_of(text, sizes, stop)
    cut = min((at for each in stop if (at := text.find(each)) >= 0), default=None)
    shown = "".join(pieces)
    assert stream.stopped == (cut is not None)
    # Of two that overlap, the one that was complete first counts, though the other began earlier.
    assert shown == text[:cut] or any(text.startswith(shown + each) for each in stop)
    assert not any(each in shown for each in stop)


def test_text_is_shown_as_soon_as_it_is_certain() -> None:
    stream = TextStream(Bytes(), ["\n\n"])
    assert stream.feed(b"one\n") == "one"
    assert stream.feed(b"two") == "\ntwo"


def test_bytes_that_never_become_a_character_are_dropped() -> None:
    stream = TextStream(Bytes())
    assert stream.feed("水".encode()[:2]) == ""
    assert stream.finish() == ""


def test_invalid_bytes_in_the_middle_do_not_hold_up_the_rest() -> None:
    stream = TextStream(Bytes())
    assert stream.feed(b"\xff") == ""
    assert stream.feed(b"ok") == "\ufffdok"


@pytest.mark.parametrize("size", [1, 2, 4])
def test_spaces_that_depend_on_the_token_before_are_kept(size: int) -> None:
    stream = TextStream(Words())
    shown = "".join(stream.feed(list(range(4))[at : at + size]) for at in range(0, 4, size))
    assert shown + stream.finish() == "the bus leaves early"
