"""The dense index in a GPU's memory, where FAISS was built for one (faiss-gpu) and finds it."""

import faiss

from rag.knowledge_base.indexes.faiss_segments import Segment

_WORTH_MOVING = 20_000  # rows; fewer are searched faster than a GPU is asked


def on_best_device(segment: Segment) -> Segment:
    """The segment for searching: its vectors on all GPUs as float16 if FAISS has any, else as it is.

    Exact on either. What is written to disk is always the CPU's form.
    """
    gpus = getattr(faiss, "get_num_gpus", lambda: 0)()
    if not gpus or len(segment.keys) < _WORTH_MOVING:
        return segment
    flat = faiss.IndexFlatIP(segment.index.d)
    flat.add(segment.vectors)
    options = faiss.GpuMultipleClonerOptions()
    options.useFloat16 = True
    return Segment(segment.keys, faiss.index_cpu_to_all_gpus(flat, co=options))
