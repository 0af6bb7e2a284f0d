"""Sketches estimate how much two texts have in common, and bands find those that have much."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.similarity import (
    SHINGLE,
    band_keys,
    decode_sketch,
    encode_sketch,
    similarity,
    sketch_of,
    text_key,
)

WORDS = ["泵", "软管", "每年", "更换", "warranty", "valve", "notice", "差旅", "标准", "month", "电话", "价格"]


def text_of(seed: int, words: int = 400) -> str:
    generator = random.Random(seed)
    return " ".join(generator.choice(WORDS) + str(generator.randrange(100)) for _ in range(words))


def jaccard(first: str, second: str) -> float:
    sets = [
        {squeezed[start : start + SHINGLE] for start in range(len(squeezed) - SHINGLE + 1)}
        for squeezed in ("".join(text.casefold().split()) for text in (first, second))
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize("changed", [0, 5, 20, 60, 200])
def test_estimate_is_near_the_true_similarity(changed: int) -> None:
    words = text_of(1).split()
    other = [*text_of(2).split()[:changed], *words[changed:]]
    first, second = sketch_of(" ".join(words)), sketch_of(" ".join(other))
    assert first is not None
    assert second is not None
    assert similarity(first, second) == pytest.approx(jaccard(" ".join(words), " ".join(other)), abs=0.13)


def test_texts_much_alike_share_a_band_and_others_do_not() -> None:
    words = text_of(1).split()
    near = sketch_of(" ".join([*words[:-10], *text_of(3).split()[:10]]))
    one, far = sketch_of(" ".join(words)), sketch_of(text_of(2))
    assert one is not None and near is not None and far is not None
    assert set(band_keys(one)) & set(band_keys(near))
    assert not set(band_keys(one)) & set(band_keys(far))


def test_case_and_white_space_do_not_count_and_short_texts_have_no_sketch() -> None:
    text = text_of(4)
    one, other = sketch_of(text), sketch_of(text.upper().replace(" ", "\n\n"))
    assert one is not None and other is not None
    assert np.array_equal(one, other)
    assert sketch_of("年假十二天。") is None
    assert sketch_of("") is None


def test_long_text_is_sketched_as_a_whole() -> None:
    text = text_of(5, 20_000)
    one, other = sketch_of(text), sketch_of(text_of(6, 20_000) + text)
    assert one is not None and other is not None
    assert 0.3 < similarity(one, other) < 0.8


@given(st.text(min_size=60))
def test_sketch_survives_storage(text: str) -> None:
    sketch = sketch_of(text)
    if sketch is not None:
        assert np.array_equal(decode_sketch(encode_sketch(sketch)), sketch)
        assert all(-(1 << 63) <= key < 1 << 63 for key in band_keys(sketch))


@given(st.text(), st.text())
def test_text_key_tells_texts_apart_but_for_white_space(first: str, second: str) -> None:
    same = first.split() == second.split()
    assert (text_key(first) == text_key(second)) == same
