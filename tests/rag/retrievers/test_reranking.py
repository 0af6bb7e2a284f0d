"""Reranking within a time, by a clock that the test moves."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from numpy.typing import NDArray

from rag.answer import Stage
from rag.models.reranker import Pace
from rag.retrievers.reranking import Reranking, reading_order


class Clock:
    """Shows the seconds that the test says have passed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Marks:
    """Scores a text by the number in it; a text takes ``ms`` to read."""

    languages: frozenset[str] | None = None
    weight = 1.0
    query_tokens = 48
    passage_tokens = 200

    def __init__(self, clock: Clock | None = None, ms: float = 10.0) -> None:
        self.clock = clock or Clock()
        self.ms = ms
        self.pace = Pace()
        self.read: list[list[str]] = []

    def load(self) -> None:
        self.clock.now += 60.0  # loading takes a minute, which is no reading

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        self.read.append(list(texts))
        self.clock.now += self.ms * len(texts) / 1000
        return np.array([float(text.split()[-1]) for text in texts])


def passages(*marks: float, lang: str = "en") -> list[Document]:
    """Passages with falling scores; what a reranker is to think of them is in their texts."""
    return [
        Document(
            id=f"{place}",
            page_content=f"mark {mark}",
            metadata={"source": f"{place}.md", "context": "", "lang": lang, "score": 1.0 - place / 10},
        )
        for place, mark in enumerate(marks)
    ]


def names(found: Sequence[Document]) -> list[str]:
    return [str(each.id) for each in found]


def test_both_scores_count() -> None:
    marks = Marks()
    reranking = Reranking(marks, clock=marks.clock)
    found = passages(0, 0, 0.15, 5)
    assert names(reranking.order("which?", found)) == ["3", "0", "2", "1"]
    marks.weight = 0.01
    assert names(reranking.order("which?", found)) == ["0", "1", "2", "3"]


def test_scores_fall_from_the_first_to_the_last_and_the_stored_passages_stay() -> None:
    found = passages(1, 5, 3, 2)
    scores = [each.metadata["score"] for each in Reranking(Marks()).order("which?", found)]
    assert len(scores) == 4 and scores == sorted(scores, reverse=True)
    assert found[1].metadata["score"] == 0.9


def test_ties_keep_the_order_in_which_they_were_found() -> None:
    found = passages(7, 7, 7, 7)
    for each in found:
        each.metadata["score"] = 0.5
    assert names(Reranking(Marks()).order("which?", found)) == ["0", "1", "2", "3"]


def test_only_as_many_are_read_as_there_is_time_for() -> None:
    marks = Marks(ms=10)
    reranking = Reranking(marks, budget_ms=55, clock=marks.clock)
    for _ in range(5):
        marks.read.clear()
        marks.clock.now = 0.0
        reranking.order("which?", passages(*range(20)))
        spent = (marks.clock.now - 60) * 1000
        assert 40 <= spent <= 55
        assert [text for texts in marks.read for text in texts] == [f"mark {row}" for row in range(5)]
    assert len(marks.read[0]) == 3  # the pace is known: most of them at once


def test_a_machine_that_has_become_slower_is_noticed_before_the_time_is_up() -> None:
    marks = Marks(ms=1)
    reranking = Reranking(marks, budget_ms=20, clock=marks.clock)
    reranking.order("which?", passages(*range(20)))
    marks.read.clear()
    marks.ms = 1.5
    marks.clock.now = 0.0
    reranking.order("which?", passages(*range(20)))
    assert (marks.clock.now - 60) * 1000 <= 22


def test_no_more_candidates_are_read_than_wanted() -> None:
    marks = Marks(ms=0.001)
    reranking = Reranking(marks, candidates=6, clock=marks.clock)
    assert len(reranking.order("which?", passages(*range(20)))) == 20
    assert sum(map(len, marks.read)) == 6


def test_without_time_the_order_is_kept() -> None:
    marks = Marks()
    found = passages(1, 2, 3)
    assert Reranking(marks, budget_ms=0, clock=marks.clock).order("which?", found) == found
    assert marks.read == []


def test_a_slow_moment_is_not_held_against_the_machine_for_ever() -> None:
    marks = Marks(ms=400)
    reranking = Reranking(marks, clock=marks.clock)
    reranking.order("which?", passages(1, 2, 3))
    marks.ms = 1
    asked = 0
    while len(marks.read) == 1:
        reranking.order("which?", passages(1, 2, 3))
        asked += 1
        assert asked < 20
    assert asked > 1


@pytest.mark.parametrize("marks", [(), (1,)])
def test_what_has_no_order_is_not_read(marks: tuple[float, ...]) -> None:
    reranker = Marks()
    found = passages(*marks)
    assert Reranking(reranker).order("which?", found) == found
    assert reranker.read == []


def test_passages_in_a_language_that_is_not_read_keep_their_scores() -> None:
    marks = Marks()
    marks.languages = frozenset({"en"})
    found = passages(1, 9, 5)
    found[1].metadata["lang"] = "zh"
    ranked = Reranking(marks).order("which?", found)
    assert names(ranked) == ["2", "1", "0"]
    assert ranked[1].metadata["score"] == 0.9
    assert names(Reranking(marks).order("哪一个？", found)) == ["0", "1", "2"]


def test_the_best_of_each_language_are_read_first() -> None:
    found = [*passages(1, 2, 3, 4), *passages(5, 6, 7, lang="zh")]
    assert reading_order(found) == [0, 1, 4, 5, 2, 3, 6]


def test_what_the_reranker_gave_is_told() -> None:
    stages: list[Stage] = []
    first, *_ = Reranking(Marks()).order("which?", passages(1, 5, 3), stages)
    [stage] = stages
    assert stage.name == "reranked" and stage.passages[0].id == first.id and len(stage.passages) == 3
    read = dict(zip((each.id for each in stage.passages), stage.scores["read"], strict=True))
    assert {read[name] for name in read} <= {1.0, 5.0, 3.0, None} and read["1"] == 5.0


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.integers(0, 80))
def test_whatever_is_read_nothing_is_lost_or_doubled(marks: list[float], budget: int) -> None:
    reranker = Marks()
    reranking = Reranking(reranker, budget_ms=budget, clock=reranker.clock)
    ranked = reranking.order("which?", passages(*marks))
    assert sorted(names(ranked)) == sorted(map(str, range(len(marks))))
