"""A sentence-transformers model in 8-bit integers, by ONNX Runtime on the CPU.

Each text goes through the model by itself: numbers are rounded to 256 steps between the least and the
greatest, and so a vector depends on its own text alone. Texts are shared out among the cores.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError, first_line
from rag.models.fingerprint import declared_length


class Int8Encoder:
    """The file that was made of a folder (`rag.models.int8_file`), with the folder's tokenizer.

    Raises:
        WeightsError: the file can't be loaded.
    """

    def __init__(self, folder: Path, file: Path, *, name: str) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both have errors of their own
            raise WeightsError(
                f"the embedder '{name}' can't be loaded from {file}: {first_line(error)}; delete that file "
                "and run `python -m rag models pull` again"
            ) from error
        padding = self._tokenizer.padding or {}
        self._filler = int(padding.get("pad_id", 0))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(declared_length(folder))
        self._workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    def one(self, text: str) -> NDArray[np.float32]:
        """See `Encoder`."""
        return self._run(self._tokenizer.encode(text).ids)

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """See `Encoder`."""
        tokens = [each.ids for each in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda index: -len(tokens[index]))
        with ThreadPoolExecutor(self._workers, thread_name_prefix="embedding") as pool:
            vectors = pool.map(self._run, (tokens[index] for index in order))
            for index, vector in zip(order, vectors, strict=True):
                yield [index], vector[np.newaxis]

    def _run(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        if not tokens:  # of an empty text, where a tokenizer adds nothing
            tokens = [self._filler]
        (vectors,) = self._session.run(None, {"input_ids": np.array([tokens], np.int64)})
        vector: NDArray[np.float32] = vectors[0]
        return vector
