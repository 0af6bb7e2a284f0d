"""What every index must do, as tests: inherit ``IndexContract`` and say how yours is made.

    class TestFaissIndex(IndexContract):
        def open_index(self, place): return FaissIndex(place)
        …

The first half asks the index alone, the second half a knowledge base that uses it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.filter import Filter
from rag.knowledge_base import KnowledgeBase, Writer
from rag.knowledge_base.index import Batch, Hit, Index, IndexProblem, Keys, Mark
from tests.reading import seen

Put = Callable[[Writer, str, str], None]
Found = Callable[[KnowledgeBase], set[str]]

_NUMBERS = range(1, 41)  # the entries; the key of each is twice its number
_LAST = 1_000  # a watermark beyond all of them


class IndexContract(ABC):
    """Tests of one index. Each entry is made of a number, and a query of that number finds it first."""

    maker = "1"
    other_maker: str | None = None  # if the index keeps entries of several makers apart

    @abstractmethod
    def open_index(self, place: Path) -> Index[Any]:
        """The index at a place, where there is none yet or where another object has made one."""

    @abstractmethod
    def content(self, numbers: Sequence[int]) -> Any:
        """The content of a batch: an entry for each number, each different from all others."""

    @abstractmethod
    def query(self, number: int) -> Any:
        """What finds the entry of that number before any other, and many others after it."""

    @abstractmethod
    def damage(self, place: Path) -> None:
        """Spoil something that is stored there, so that the index's files don't agree any more."""

    @abstractmethod
    def put_in_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have knowledge bases use this index (the product's own are in place already)."""

    @abstractmethod
    def place_in(self, knowledge_base: Path) -> Path:
        """Where a knowledge base in that folder has the index."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path / "index"

    @pytest.fixture
    def index(self, place: Path) -> Index[Any]:
        """An index of all numbers."""
        index = self.open_index(place)
        index.make([self.batch(_NUMBERS)], self.maker, "catalogue", _LAST)
        return index

    def batch(self, numbers: Sequence[int], keys: Sequence[int] | None = None) -> Batch:
        chosen = keys if keys is not None else [2 * each for each in numbers]
        return Batch(np.array(chosen, dtype=np.int64), self.content(list(numbers)))

    def find(self, index: Index[Any], number: int, k: int = 1, among: Keys | None = None) -> list[Hit]:
        hits: list[Hit] = index.open(self.maker).search(self.query(number), k, among)
        return hits

    def held(self, index: Index[Any], maker: str | None = None) -> list[int]:
        return sorted(key for batch in index.contents(maker or self.maker) for key in batch.keys.tolist())

    def test_what_was_never_made_is_a_problem(self, place: Path) -> None:
        index = self.open_index(place)
        with pytest.raises(IndexProblem):
            index.mark()
        with pytest.raises(IndexProblem):
            index.open(self.maker)
        with pytest.raises(IndexProblem):
            index.take_in([self.batch([1])], self.maker, 5)
        with pytest.raises(IndexProblem):
            index.let_go([2], [self.maker])
        [problem] = index.problems()
        assert index.place in problem

    def test_every_entry_is_found_by_what_it_is(self, index: Index[Any]) -> None:
        for number in _NUMBERS:
            [best] = self.find(index, number)
            assert best.key == 2 * number
        assert index.mark() == Mark("catalogue", _LAST, frozenset([self.maker]))
        assert self.held(index) == [2 * each for each in _NUMBERS]
        assert index.problems() == []

    def test_hits_come_best_first_and_equal_ones_in_the_order_of_keys(self, place: Path) -> None:
        index = self.open_index(place)
        index.make([self.batch([5, 4, 4, 3], keys=[1, 2, 3, 4])], self.maker, "c", 4)
        hits = self.find(index, 4, 4)
        assert [each.key for each in hits[:2]] == [2, 3]
        assert [each.score for each in hits] == sorted((each.score for each in hits), reverse=True)
        assert len(self.find(index, 4, 2)) == 2
        assert self.find(index, 4, 0) == []

    @pytest.mark.parametrize("size", [0, 1, 3, 39])
    def test_search_among_keys_finds_those_that_pass_with_their_scores(
        self, index: Index[Any], size: int
    ) -> None:
        scores = {each.key: each.score for each in self.find(index, 7, 100)}
        among = np.sort(np.random.default_rng(size).permutation(sorted(scores))[:size])
        hits = self.find(index, 7, 100, among)
        assert sorted(each.key for each in hits) == among.tolist()
        assert [each.score for each in hits] == pytest.approx([scores[each.key] for each in hits], abs=1e-6)
        assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.key))
        assert self.find(index, 7, 1, among) == hits[:1]
        assert self.find(index, 7, 100, np.array([1, 3, 5])) == []

    def test_what_is_taken_in_is_found_and_stays(self, index: Index[Any], place: Path) -> None:
        before = index.open(self.maker)
        index.take_in(
            [self.batch([50], keys=[2_000]), self.batch([51, 52], keys=[2_001, 2_002])], self.maker, 2_010
        )
        assert [each.key for each in self.find(index, 51)] == [2_001]
        again = self.open_index(place)
        assert [each.key for each in self.find(again, 51)] == [2_001]
        assert again.mark() == Mark("catalogue", 2_010, frozenset([self.maker]))
        assert self.held(again) == [2 * each for each in _NUMBERS] + [2_000, 2_001, 2_002]
        assert again.problems() == []
        # One that was open stands as it stood, and gives the next what hasn't changed.
        assert len(before.search(self.query(51), 100)) == len(_NUMBERS)
        assert [each.key for each in index.open(self.maker, before).search(self.query(51), 1)] == [2_001]

    def test_watermark_moves_without_entries(self, index: Index[Any]) -> None:
        index.take_in([], self.maker, 2_000)
        assert index.mark().last_key == 2_000
        assert self.held(index) == [2 * each for each in _NUMBERS]

    def test_what_is_let_go_is_no_longer_held(self, index: Index[Any], place: Path) -> None:
        index.let_go([4, 5, 10], [self.maker])  # 5 was never there
        index.let_go([4], [self.maker])
        index.let_go([], [self.maker])
        assert not {4, 10} & set(self.held(index))
        assert not {4, 10} & set(self.held(self.open_index(place)))
        assert index.mark().last_key == _LAST
        left = [2 * each for each in _NUMBERS][5:]
        index.let_go(left, [self.maker])
        assert self.held(index) == [2, 6, 8]
        assert next(each.key for each in self.find(index, 3, 100) if each.key in {2, 6, 8}) == 6
        index.let_go([2, 6, 8], [self.maker])
        assert self.held(index) == []
        assert index.problems() == []

    def test_interrupted_taking_in_is_taken_back(self, index: Index[Any], place: Path) -> None:
        class CrashError(Exception):
            pass

        def broken() -> Any:
            yield self.batch([60], keys=[2_000])
            raise CrashError

        with pytest.raises(CrashError):
            index.take_in(broken(), self.maker, 2_010)
        again = self.open_index(place)
        assert again.mark().last_key == _LAST
        assert again.problems() == []
        again.take_in([self.batch([61], keys=[2_001])], self.maker, 2_010)
        assert self.held(again) == [2 * each for each in _NUMBERS] + [2_001]

    def test_making_it_anew_leaves_nothing_of_the_old(self, index: Index[Any], place: Path) -> None:
        index.make([self.batch([70], keys=[9])], self.maker, "another", 12)
        assert self.held(self.open_index(place)) == [9]
        assert index.mark() == Mark("another", 12, frozenset([self.maker]))

    def test_index_in_memory_finds_the_same_and_stores_nothing(
        self, index: Index[Any], tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        searcher = self.open_index(elsewhere).in_memory([self.batch(_NUMBERS)])
        hits = searcher.search(self.query(7), 10)
        stored = self.find(index, 7, 10)
        assert [each.key for each in hits] == [each.key for each in stored]
        assert [each.score for each in hits] == pytest.approx([each.score for each in stored], abs=1e-6)
        assert not elsewhere.exists()

    def test_damage_is_reported(self, index: Index[Any], place: Path) -> None:
        self.damage(place)
        assert self.open_index(place).problems() != []
        assert index.problems() != []

    def test_entries_of_several_makers_are_kept_apart(self, index: Index[Any]) -> None:
        if self.other_maker is None:
            with pytest.raises(IndexProblem):
                index.open("another")
            return
        index.take_in([self.batch([80], keys=[2_000])], self.other_maker, 2_000)
        assert self.held(index, self.other_maker) == [2_000]
        assert self.held(index) == [2 * each for each in _NUMBERS]
        assert index.mark().makers == {self.maker, self.other_maker}
        assert len(self.find(index, 80, 100)) == len(_NUMBERS)
        index.let_go([], [self.other_maker])
        assert index.mark().makers == {self.other_maker}
        assert self.held(index, self.other_maker) == [2_000]

    def test_knowledge_base_finds_what_lives_and_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch, knowledge_base: KnowledgeBase, put: Put, found: Found
    ) -> None:
        self.put_in_place(monkeypatch)
        with knowledge_base.writer() as writer:
            for number in range(30):
                put(writer, f"{number}.md", f"line {number} first\nline {number} second")
            writer.publish()
            for number in range(0, 30, 3):
                writer.remove(writer.root("/docs"), f"{number}.md")
            put(writer, "1.md", "changed")
            put(writer, "late.md", "late")
            assert len(found(knowledge_base)) == 60
            writer.publish()
        living = {f"line {number} {each}" for number in range(30) for each in ("first", "second")}
        living -= {text for text in living if int(text.split()[1]) % 3 == 0 or text.split()[1] == "1"}
        assert found(knowledge_base) == living | {"changed", "late"}
        assert knowledge_base.verify().ok
        with KnowledgeBase.open(knowledge_base.path) as reopened:
            assert found(reopened) == living | {"changed", "late"}

    def test_filtered_search_of_a_knowledge_base_is_exact(
        self,
        monkeypatch: pytest.MonkeyPatch,
        knowledge_base: KnowledgeBase,
        put: Put,
        embed: Callable[[str], Any],
    ) -> None:
        self.put_in_place(monkeypatch)
        with knowledge_base.writer() as writer:
            for number in range(200):
                put(writer, f"{'few' if number % 50 == 7 else 'many'}/{number}.md", f"line {number}")
            writer.publish()
        wanted = Filter(source=("few/**",))
        dense = seen(knowledge_base).search_dense(embed("line 3"), 10, wanted)
        lexical = seen(knowledge_base).search_lexical("line", 10, wanted)
        for hits in (dense, lexical):
            sources = {
                each.metadata["source"] for each in seen(knowledge_base).passages([each for each, _ in hits])
            }
            assert sources == {f"few/{number}.md" for number in range(7, 200, 50)}

    def test_knowledge_base_whose_index_is_lost_or_damaged_makes_it_anew(
        self, monkeypatch: pytest.MonkeyPatch, filled: KnowledgeBase, found: Found
    ) -> None:
        self.put_in_place(monkeypatch)
        with filled.writer() as writer:
            writer.publish()
        everything = found(filled)
        self.damage(self.place_in(filled.path))
        with KnowledgeBase.open(filled.path) as reopened:
            assert not reopened.verify().ok
            assert found(reopened) == everything
            assert reopened.verify().ok
