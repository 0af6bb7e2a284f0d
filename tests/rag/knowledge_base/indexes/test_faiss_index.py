"""FAISS segments in a folder: the contract, then merging and tombstones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.knowledge_base import KnowledgeBase
from rag.knowledge_base.index import Batch
from rag.knowledge_base.indexes import faiss_index
from rag.knowledge_base.indexes.faiss_index import FaissIndex
from rag.knowledge_base.indexes.faiss_segments import (
    DENSE_FORM,
    DenseManifest,
    load_segment,
    load_tombstones,
)
from rag.knowledge_base.indexes.manifest import read_manifest
from tests.rag.knowledge_base.conftest import embed_text
from tests.rag.knowledge_base.index_contract import IndexContract


class TestFaissIndex(IndexContract):
    other_maker = "2"

    def open_index(self, place: Path) -> FaissIndex:
        return FaissIndex(place)

    def content(self, numbers: Sequence[int]) -> np.ndarray:
        return np.stack([embed_text(str(each)) for each in numbers])

    def query(self, number: int) -> np.ndarray:
        return embed_text(str(number))

    def damage(self, place: Path) -> None:
        file = next(place.glob("*.faiss"))
        file.write_bytes(file.read_bytes()[:-9] + b"\x00" * 9)

    def put_in_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is the product's own."""

    def place_in(self, knowledge_base: Path) -> Path:
        return knowledge_base / "dense"

    def test_opening_it_again_loads_only_new_segments(self, place: Path) -> None:
        index = self.open_index(place)
        index.make([self.batch([1, 2])], self.maker, "c", 10)
        before = index.open(self.maker)
        index.take_in([self.batch([8])], self.maker, 20)
        [(name, old)] = before.segments.items()
        after = index.open(self.maker, before)
        assert after.segments[name] is old
        assert len(after.segments) == 2


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full segments of 64 rows, so that all sizes occur in a short test."""
    monkeypatch.setattr(faiss_index, "SEGMENT_ROWS", 64)
    monkeypatch.setattr(faiss_index, "_SMALLEST_LEVEL", 4)


@pytest.mark.usefixtures("small_segments")
def test_small_additions_are_merged_and_nothing_is_lost(tmp_path: Path) -> None:
    """Eighty additions of three entries, each on its own; some of every fifth one's removed again."""
    index = FaissIndex(tmp_path)
    index.make([], "1", "catalogue", 0)
    living: set[int] = set()
    most = 0
    for number in range(80):
        keys = np.arange(3 * number + 1, 3 * number + 4)
        rows = np.stack([embed_text(str(key)) for key in keys])
        index.take_in([Batch(keys, rows)], "1", 3 * number + 3)
        living |= set(keys.tolist())
        if number % 5 == 4:
            gone = [3 * number - 1, 3 * number - 4, 3 * number - 5, 3 * number + 2]
            index.let_go(gone, ["1"])
            index.let_go(gone, ["1"])
            living -= set(gone)
        manifest = read_manifest(tmp_path, DenseManifest, DENSE_FORM)
        most = max(most, len(manifest.segments))
    dead = load_tombstones(tmp_path, manifest)
    keys_held = [key for entry in manifest.segments for key in load_segment(tmp_path, entry).keys.tolist()]
    assert len(keys_held) == len(set(keys_held))
    assert set(keys_held) - dead == living
    assert dead <= set(keys_held)
    assert len(dead) <= len(keys_held) / 3
    assert most <= 24
    assert max(entry.rows for entry in manifest.segments) <= 64
    files = {file.name for file in tmp_path.iterdir()}
    assert len(files) == 2 * len(manifest.segments) + 1 + (manifest.tombstones is not None)


@pytest.mark.usefixtures("small_segments")
def test_no_segment_has_more_rows_than_a_full_one(tmp_path: Path) -> None:
    index = FaissIndex(tmp_path)
    rows = np.stack([embed_text(str(number)) for number in range(150)])
    index.make([Batch(np.arange(150), rows)], "1", "catalogue", 150)
    entries = read_manifest(tmp_path, DenseManifest, DENSE_FORM).segments
    assert [entry.rows for entry in entries] == [64, 64, 22]


def test_removing_most_of_a_segment_rewrites_it(filled: KnowledgeBase) -> None:
    folder = filled.path / "dense"
    [before] = folder.glob("*.faiss")
    with filled.writer() as writer:
        root = writer.root("/docs")
        writer.remove(root, "notice.md")
        writer.publish()
        assert [*folder.glob("*.faiss")] == [before]
        assert len([*folder.glob("dead-*.npy")]) == 1
        writer.remove(root, "leave.md")
        writer.publish()
        [after] = folder.glob("*.faiss")
        assert after != before
        assert not [*folder.glob("dead-*.npy")]
        writer.remove(root, "manual/ab-1200.md")
        writer.publish()
    assert [file.name for file in folder.iterdir()] == ["manifest.json"]
    assert filled.verify().ok
