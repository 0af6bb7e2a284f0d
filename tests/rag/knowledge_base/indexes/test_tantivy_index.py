"""Tantivy in a folder: the contract."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.knowledge_base.index import IndexProblem
from rag.knowledge_base.indexes.tantivy_index import TantivyIndex
from tests.rag.knowledge_base.index_contract import IndexContract


class TestTantivyIndex(IndexContract):
    def open_index(self, place: Path) -> TantivyIndex:
        return TantivyIndex(place)

    def content(self, numbers: Sequence[int]) -> list[list[str]]:
        return [["every", f"n{each}", f"n{each}"] for each in numbers]

    def query(self, number: int) -> list[str]:
        return ["every", f"n{number}"]

    def damage(self, place: Path) -> None:
        file = next(place.glob("*/*.term"))
        file.write_bytes(file.read_bytes()[:-9] + b"\x00" * 9)

    def put_in_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is the product's own."""

    def place_in(self, knowledge_base: Path) -> Path:
        return knowledge_base / "lexical"

    def test_another_analyzers_terms_are_not_mixed_in(self, index: TantivyIndex) -> None:
        with pytest.raises(IndexProblem, match="another version of the analyzer"):
            index.take_in([self.batch([90], keys=[2_000])], "another", 2_000)

    def test_opening_it_again_reads_no_file_twice(self, place: Path) -> None:
        index = self.open_index(place)
        index.make([self.batch([1, 2])], self.maker, "c", 10)
        before = index.open(self.maker)
        index.take_in([self.batch([8])], self.maker, 20)
        after = index.open(self.maker, before)
        assert after.handle is before.handle
        assert before.checked < after.checked
