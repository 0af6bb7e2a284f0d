"""Segments: exact search, merging, tombstones."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rag.knowledge_base import KnowledgeBase, Writer
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.indexes import faiss_upkeep
from rag.knowledge_base.indexes.faiss_segments import (
    DENSE_FORM,
    DenseManifest,
    Segment,
    load_segment,
    load_tombstones,
    search_segments,
)

Put = Callable[[Writer, str, str], None]
Embed = Callable[[str], "np.typing.NDArray[np.float32]"]


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full segments of 64 rows, so that all sizes occur in a short test."""
    monkeypatch.setattr(faiss_upkeep, "SEGMENT_ROWS", 64)
    monkeypatch.setattr(faiss_upkeep, "_SMALLEST_LEVEL", 4)


def test_search_over_segments_is_exact(embed: Embed) -> None:
    rows = np.stack([embed(str(number)) for number in range(300)])
    keys = np.arange(300) * 3 + 1
    segments = [Segment.build(keys[at : at + 70], rows[at : at + 70]) for at in range(0, 300, 70)]
    query = embed("query")
    exact = rows.astype(np.float16).astype(np.float32) @ query
    expected = keys[np.argsort(-exact, kind="stable")][:20].tolist()
    hits = search_segments(segments, query, 20)
    assert [hit.key for hit in hits] == expected
    assert [hit.score for hit in hits] == pytest.approx(sorted(exact.tolist(), reverse=True)[:20], abs=1e-6)
    assert len(search_segments(segments, query, 1000)) == 300
    assert search_segments([], query, 5) == []


def test_a_search_leaves_models_their_threads() -> None:
    # In a process of its own: where PyTorch is loaded first, FAISS shares its OpenMP, and not otherwise.
    told = """
import torch
import numpy as np
from rag.knowledge_base.indexes.faiss_segments import Segment, search_segments
torch.set_num_threads(2)
assert torch.get_num_threads() == 2  # from here on only OpenMP knows
rows = np.eye(4, dtype=np.float32)
search_segments([Segment.build(np.arange(4), rows)], rows[0], 2)
print(torch.get_num_threads())
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2"]


@pytest.mark.usefixtures("small_segments")
def test_small_additions_are_merged_and_nothing_is_lost(
    knowledge_base: KnowledgeBase, put: Put, path: Path
) -> None:
    """Eighty documents of three passages, each added on its own; every fifth one removed again."""
    folder = path / "dense"
    folder.mkdir()
    catalogue = Catalogue(path)
    state = catalogue.state()
    manifest = DenseManifest(form=DENSE_FORM, identity=state.identity, last_key=0)
    living: set[int] = set()
    most = 0
    with knowledge_base.writer() as writer:
        for number in range(80):
            put(writer, f"{number}.md", f"{number} a\n{number} b\n{number} c")
            manifest = faiss_upkeep.extend_dense(catalogue, folder, manifest, state, 3 * number + 3)
            living |= {3 * number + 1, 3 * number + 2, 3 * number + 3}
            if number % 5 == 4:
                gone = [3 * number - 1, 3 * number - 4, 3 * number - 5, 3 * number + 2]
                manifest = faiss_upkeep.prune_dense(folder, manifest, state, gone)
                manifest = faiss_upkeep.prune_dense(folder, manifest, state, gone)
                living -= set(gone)
            most = max(most, len(manifest.segments))
    catalogue.close()
    dead = load_tombstones(folder, manifest)
    keys = [key for entry in manifest.segments for key in load_segment(folder, entry).keys.tolist()]
    assert len(keys) == len(set(keys))
    assert set(keys) - dead == living
    assert dead <= set(keys)
    assert len(dead) <= len(keys) / 3
    assert most <= 24
    assert max(entry.rows for entry in manifest.segments) <= 64
    files = {file.name for file in folder.iterdir()}
    assert len(files) == 2 * len(manifest.segments) + 1 + (manifest.tombstones is not None)


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
