"""A sentence-transformers model in 8-bit integers, by ONNX Runtime on the CPU.

Each text goes through the model by itself: numbers are rounded to 256 steps between the least and the
greatest, and so a vector depends on its own text alone. Texts are shared out among the cores.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError, first_line
from rag.models.fingerprint import declared_length
from rag.models.onnx_session import OnnxNetwork


class Int8Encoder:
    """The file that was made of a folder (`rag.models.int8_file`), with the folder's tokenizer.

    Raises:
        WeightsError: the file can't be loaded.
    """

    def __init__(self, folder: Path, file: Path, *, name: str) -> None:
        from tokenizers import Tokenizer

        try:
            self._network = OnnxNetwork(file)
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

    def one(self, text: str) -> NDArray[np.float32]:
        """See `Encoder`."""
        (vectors,) = self._network.run(self._or_filler(self._tokenizer.encode(text).ids))
        vector: NDArray[np.float32] = vectors[0]
        return vector

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
        """See `Encoder`."""
        tokens = self._tokenizer.encode_batch(list(texts))
        for index, (vector,) in self._network.run_all([self._or_filler(each.ids) for each in tokens]):
            yield [index], vector

    def _or_filler(self, tokens: Sequence[int]) -> Sequence[int]:
        return tokens or [self._filler]  # of an empty text, where a tokenizer adds nothing
