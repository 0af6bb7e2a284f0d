"""Scores by hand to what they say."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rag.models.reader.input import ReaderInput
from rag.models.reader.reading import reading_of

TEXT = "It weighs 12 kg. Bring a hat and a map."
WORDS = [(0, 2), (3, 9), (10, 12), (13, 15), (15, 16), (17, 22), (23, 24), (25, 28), (29, 32), (33, 34)]
WORDS += [(35, 38), (38, 39)]
READ = ReaderInput((0, *range(5, 5 + len(WORDS)), 2), 1, tuple(WORDS))


def scores(**signs: dict[int, float]) -> np.ndarray:
    """Token scores of -9 but for those given by sign and word."""
    found = np.full((len(READ.tokens), 4), -9, np.float32)
    for at, name in enumerate(("start", "end", "inside", "evidence")):
        for word, value in signs.get(name, {}).items():
            found[1 + word, at] = value
    return found


OF_PASSAGE = np.array([0, 3, 0, 0, 0, 0], np.float32)


def test_the_likeliest_span_comes_first_and_its_likelihood_counts_the_null() -> None:
    found = scores(start={2: 4.0, 5: 1.0}, end={3: 3.0, 7: 1.0})
    reading = reading_of([READ], [TEXT], [(found, OF_PASSAGE)])
    (passage,) = reading.passages
    assert [TEXT[each.start : each.end] for each in passage.spans[:2]] == ["12 kg", "Bring a hat"]
    start, end = (1 + math.exp(4) + math.exp(1)), (1 + math.exp(3) + math.exp(1))
    assert reading.likelihoods[0] == pytest.approx(math.exp(3.5) / math.sqrt(start * end), rel=0.01)
    assert reading.nowhere == pytest.approx(1 / math.sqrt(start * end), rel=0.01)
    assert passage.relevance == 0.5
    assert max(passage.kinds) == passage.kinds[0]


def test_pieces_are_a_list_only_where_there_are_several() -> None:
    one = reading_of([READ], [TEXT], [(scores(inside={2: 1.0, 3: 2.0}), OF_PASSAGE)]).passages[0]
    assert one.pieces == ()
    several = reading_of([READ], [TEXT], [(scores(inside={7: 1.0, 9: 1.0, 10: 2.0}), OF_PASSAGE)]).passages[0]
    assert [TEXT[a:b] for a, b in several.pieces] == ["hat", "a map"]


def test_evidence_is_of_whole_sentences() -> None:
    found = scores(evidence=dict.fromkeys(range(5), 9.0))
    evidence = reading_of([READ], [TEXT], [(found, OF_PASSAGE)]).passages[0].evidence
    assert [(TEXT[a:b], score > 0.9) for (a, b), score in evidence] == [
        ("It weighs 12 kg.", True),
        ("Bring a hat and a map.", False),
    ]


@given(arrays.arrays(np.float32, (len(READ.tokens), 4), elements=st.floats(-30, 30, width=32)))
def test_spans_never_overlap_and_likelihoods_are_shares(found: np.ndarray) -> None:
    reading = reading_of([READ, READ], [TEXT, TEXT], [(found, OF_PASSAGE), (found, OF_PASSAGE)])
    spans = sorted((each.start, each.end) for each in reading.passages[0].spans)
    assert spans and all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert 0 <= reading.nowhere <= 1
    assert reading.likelihoods[0] == reading.likelihoods[1] <= 1
