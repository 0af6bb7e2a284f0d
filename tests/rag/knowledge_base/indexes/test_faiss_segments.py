"""Exact search over segments, on the CPU and on GPUs.

There is no GPU here: FAISS's two calls are stood in for.
"""

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from rag.knowledge_base.index import Hit
from rag.knowledge_base.indexes import faiss_segments
from rag.knowledge_base.indexes.faiss_segments import FaissSearcher, Segment, on_best_device


def search_segments(segments: list[Segment], query: NDArray[np.float32], k: int) -> list[Hit]:
    return FaissSearcher({str(number): each for number, each in enumerate(segments)}).search(query, k)


@pytest.fixture
def segment() -> Segment:
    vectors = np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Segment.build(np.arange(300, dtype=np.int64) * 2, vectors)


def test_without_a_gpu_the_segment_stays_as_it_is(segment: Segment) -> None:
    assert on_best_device(segment) is segment


def test_with_a_gpu_a_large_segment_is_moved_and_answers_the_same(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []

    def to_gpus(index: faiss.Index, co: SimpleNamespace) -> faiss.Index:
        moved.append(co.useFloat16)
        return index

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2, raising=False)
    monkeypatch.setattr(faiss, "GpuMultipleClonerOptions", SimpleNamespace, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", to_gpus, raising=False)
    assert on_best_device(segment) is segment
    monkeypatch.setattr(faiss_segments, "_WORTH_MOVING", 100)

    on_gpu = on_best_device(segment)

    assert moved == [True]
    query = segment.vectors[7]
    found, expected = search_segments([on_gpu], query, 10), search_segments([segment], query, 10)
    assert [hit.key for hit in found] == [hit.key for hit in expected]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-3)


def test_search_over_segments_is_exact(embed: Callable[[str], NDArray[np.float32]]) -> None:
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


@pytest.mark.processes
def test_a_search_leaves_models_their_threads() -> None:
    # In a process of its own: where PyTorch is loaded first, FAISS shares its OpenMP, and not otherwise.
    told = """
import torch
import numpy as np
from rag.knowledge_base.indexes.faiss_segments import FaissSearcher, Segment
torch.set_num_threads(2)
assert torch.get_num_threads() == 2  # from here on only OpenMP knows
rows = np.eye(4, dtype=np.float32)
FaissSearcher({"": Segment.build(np.arange(4), rows)}).search(rows[0], 2)
print(torch.get_num_threads())
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2"]
