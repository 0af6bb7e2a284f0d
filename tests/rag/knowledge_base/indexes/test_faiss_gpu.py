"""Large segments go to the GPU if FAISS has one. There is none here: FAISS's two calls are stood in for."""

from types import SimpleNamespace

import faiss
import numpy as np
import pytest

from rag.knowledge_base.indexes import faiss_gpu as dense_gpu
from rag.knowledge_base.indexes.faiss_segments import Segment, search_segments


@pytest.fixture
def segment() -> Segment:
    vectors = np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Segment.build(np.arange(300, dtype=np.int64) * 2, vectors)


def test_without_a_gpu_the_segment_stays_as_it_is(segment: Segment) -> None:
    assert dense_gpu.on_best_device(segment) is segment


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
    assert dense_gpu.on_best_device(segment) is segment
    monkeypatch.setattr(dense_gpu, "_WORTH_MOVING", 100)

    on_gpu = dense_gpu.on_best_device(segment)

    assert moved == [True]
    query = segment.vectors[7]
    found, expected = search_segments([on_gpu], query, 10), search_segments([segment], query, 10)
    assert [hit.key for hit in found] == [hit.key for hit in expected]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-3)
