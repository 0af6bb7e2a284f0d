"""The reader in memory: a question and passages in, what stands where out."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from rag.errors import WeightsError, first_line
from rag.files import cache_folder, file_digest, write_atomically
from rag.models.onnx_session import OnnxNetwork, write_int8
from rag.models.reader.input import InputMaker
from rag.models.reader.reading import Reading, reading_of
from rag.models.reader.saved import load_learned
from rag.models.weights import quiet_loading, weights_digest

_logger = logging.getLogger(__name__)
_FORM = 1  # counts up when the same weights are to become another file


class Reader:
    """Reads passages with the encoder of a folder and what was learned on top of it.

    It runs in 8 bits by ONNX Runtime on the CPU, text by text, from a file that is made once, in the cache
    folder (`prepare`). It is loaded when it is first needed. Safe to use from several threads.
    """

    def __init__(self, encoder: Path, learned: Path) -> None:
        self._encoder = encoder
        self._learned = learned
        self._lock = threading.Lock()
        self._loaded: tuple[InputMaker, OnnxNetwork] | None = None

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> Reading:
        """What it makes of a question's passages, each given as (context, text).

        Raises:
            WeightsError: the reader can't be loaded.
        """
        maker, network = self._load()
        inputs = maker.make(question, passages)
        scores: list[Any] = [None] * len(inputs)
        for index, (tokens, of_passage) in network.run_all([each.tokens for each in inputs]):
            scores[index] = tokens[0], of_passage[0]
        return reading_of(inputs, [text for _, text in passages], scores)

    def load_ahead(self) -> None:
        """Begin to load it, beside what else is done; what is wrong is said when it is needed."""
        if self._loaded is None and not self._lock.locked():
            threading.Thread(target=self._load_quietly, name="reader", daemon=True).start()

    def load(self) -> None:
        """Load it now rather than when it is first needed.

        Raises:
            WeightsError: it can't be loaded.
        """
        self._load()

    @property
    def digest(self) -> str:
        """The SHA-256 (hex) of what was learned."""
        return file_digest(self._learned)

    @property
    def file(self) -> Path:
        """What it runs from, in the cache folder, whether it is there or not."""
        name = f"reader-{weights_digest(self._encoder)[:32]}-{self.digest[:32]}-{_FORM}.onnx"
        return cache_folder() / "int8" / name

    def prepare(self) -> Path:
        """Make the file that it runs from, if it isn't there yet; takes some 20 seconds.

        Raises:
            WeightsError: it can't be made.
        """
        file = self.file
        if file.exists():
            return file
        _logger.info("preparing the reader for this machine, once")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, partial(_write, self._encoder, self._learned))
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise WeightsError(
                f"the reader can't be made of {self._encoder} and {self._learned}: {first_line(error)}; "
                'set reader.model = "none" in rag.toml'
            ) from error
        return file

    def _load_quietly(self) -> None:
        with suppress(WeightsError):
            self._load()

    def _load(self) -> tuple[InputMaker, OnnxNetwork]:
        from tokenizers import Tokenizer

        with self._lock:
            if self._loaded is None:
                file = self.prepare()
                try:
                    tokenizer: Any = Tokenizer.from_file(str(self._encoder / "tokenizer.json"))
                    tokenizer.no_padding()
                    tokenizer.no_truncation()
                    self._loaded = InputMaker(tokenizer), OnnxNetwork(file)
                except Exception as error:  # both have errors of their own
                    raise WeightsError(
                        f"the reader can't be loaded from {file}: {first_line(error)}; delete that file"
                    ) from error
            return self._loaded


def _write(encoder: Path, learned: Path, target: Path) -> None:
    import torch
    from transformers import AutoModel

    from rag.models.reader.network import ReaderNetwork

    kept = load_learned(learned)
    if kept.card.get("encoder") != weights_digest(encoder):
        raise ValueError("it was trained on another encoder")
    with quiet_loading():
        model = AutoModel.from_pretrained(
            encoder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
        )
    network = ReaderNetwork(model, model.config.hidden_size).eval()
    values = {name: torch.from_numpy(each) for name, each in kept.arrays.items()}
    unknown = network.load_state_dict(values, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"the encoder has no {unknown[0]}")

    class OneText(torch.nn.Module):
        """Tokens (1, length) to the scores of tokens and of the passage."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, input_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            scores: tuple[torch.Tensor, torch.Tensor] = self.network(input_ids, torch.ones_like(input_ids))
            return scores

    write_int8(OneText(), ["token_scores", "passage_scores"], target)
