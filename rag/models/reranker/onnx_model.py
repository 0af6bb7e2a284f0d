"""Cross-encoders as ONNX files: a question and a passage in, a score out."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import WeightsError
from rag.models.reranker.reranker import Pace

_BATCH = 8  # pairs
_FILES = ("model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx", "onnx/model_qint8_avx512.onnx")


def find_onnx(folder: Path) -> Path | None:
    """The ONNX file of a model's folder; None if it has none."""
    return next((folder / name for name in _FILES if (folder / name).is_file()), None)


class OnnxReranker:
    """A cross-encoder run by ONNX Runtime on the CPU. ``weight`` is what its scores are multiplied by."""

    foreign_bonus = 0.0
    query_tokens = 64
    passage_tokens = 256

    def __init__(self, folder: Path, *, weight: float, languages: frozenset[str] | None = None) -> None:
        self.folder = folder
        self.weight = weight
        self.languages = languages
        self.pace = Pace()
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def load(self) -> None:
        """Have the model in memory.

        Raises:
            WeightsError: it can't be loaded.
        """
        with self._lock:
            if self._session is None:
                import onnxruntime  # type: ignore[import-untyped]
                from tokenizers import Tokenizer

                try:
                    tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
                    file = find_onnx(self.folder)
                    options = onnxruntime.SessionOptions()
                    # threads that wait by turning take the cores from everything else
                    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                    session = onnxruntime.InferenceSession(
                        str(file), options, providers=["CPUExecutionProvider"]
                    )
                except Exception as error:  # both libraries raise plain ones of their own
                    cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
                    raise WeightsError(
                        f"the reranker can't be loaded from {self.folder}: {cause}; pull it again or name "
                        "another in rag.toml"
                    ) from error
                tokenizer.no_padding()
                tokenizer.enable_truncation(self.query_tokens + self.passage_tokens, strategy="only_second")
                self._tokenizer, self._session = tokenizer, session

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the query, shape (texts,)."""
        self.load()
        scores = np.zeros(len(texts))
        if not texts:
            return scores
        asked = " ".join(_clean(query).split()[: self.query_tokens])[: 8 * self.query_tokens]
        pairs = self._tokenizer.encode_batch([(asked, _clean(text)) for text in texts])
        order = sorted(range(len(pairs)), key=lambda row: -len(pairs[row].ids))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            scores[rows] = self._forward([pairs[row] for row in rows])
        return scores

    def _forward(self, pairs: Sequence[Any]) -> NDArray[np.float64]:
        longest = max(len(pair.ids) for pair in pairs)
        inputs = {
            "input_ids": _padded([pair.ids for pair in pairs], longest),
            "attention_mask": _padded([pair.attention_mask for pair in pairs], longest),
            "token_type_ids": _padded([pair.type_ids for pair in pairs], longest),
        }
        wanted = {each.name for each in self._session.get_inputs()}
        (logits,) = self._session.run(
            None, {name: value for name, value in inputs.items() if name in wanted}
        )[:1]
        scores: NDArray[np.float64] = logits.reshape(len(pairs), -1)[:, -1].astype(np.float64)
        return scores


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair isn't text


def _padded(rows: Sequence[Sequence[int]], longest: int) -> NDArray[np.int64]:
    padded = np.zeros((len(rows), longest), dtype=np.int64)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
