"""A model folder in memory: weights, tokenizer, and how its conversations are written down as tokens."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from rag.errors import GenerationError
from rag.models.generator.adapter import Switch, apply_adapter, read_adapter, read_instructions
from rag.models.generator.chat_template import ChatTemplate, first_line
from rag.models.generator.decoding import Decoder
from rag.models.generator.packed_linear import pack_linears
from rag.models.generator.shared_layers import SharedLayers, first_layer
from rag.models.hardware import choose_device, choose_dtype
from rag.models.weights import weights_digest

logger = logging.getLogger(__name__)


class LocalModel:
    """A causal language model with a chat template, loaded from a folder, perhaps with an adapter, or two.

    ``adapter`` writes answers, ``finder`` finds what is asked for and says it in the documents' words.

    Raises:
        GenerationError: the folder holds no usable model, or the adapter is for another one.
        WeightsError: the adapter can't be read.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        device: str,
        dtype: str,
        adapter: Path | None = None,
        finder: Path | None = None,
    ) -> None:
        started = time.perf_counter()
        self.name = name
        try:
            device = choose_device(device)
            with _quiet_loading():
                self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model = AutoModelForCausalLM.from_pretrained(
                    folder, dtype=choose_dtype(dtype, device), local_files_only=True
                )
            model.to(device)
            pack_linears(model, folder)
        except Exception as error:  # transformers raises many kinds for a folder that isn't a model
            raise GenerationError(
                f"can't load the generator in {folder}: {first_line(error)}; "
                "`python -m rag models verify` tells whether its files are whole"
            ) from error
        ends = model.generation_config.eos_token_id
        ends = {*(ends if isinstance(ends, list) else [ends])}
        # A model that pads has finished too: some chat models end with either.
        self.end_tokens: frozenset[int] = frozenset(
            (ends | {self.tokenizer.eos_token_id, self.tokenizer.pad_token_id}) - {None}
        )
        self._template = ChatTemplate(self.tokenizer, name)
        added = {file: self._add(file, model, folder) for file in (adapter, finder) if file is not None}
        switches = [switch for switch, _ in added.values()]
        below = min((first for _, first in added.values()), default=0) if len(added) > 1 else 0
        shared = SharedLayers(model.get_submodule("model.layers").children(), below) if below else None
        self.decoder = Decoder(model, self.end_tokens, switches)
        self._adapted, self._finder = (
            Decoder(model, self.end_tokens, switches, added[file][0], shared)
            if file is not None
            else self.decoder
            for file in (adapter, finder)
        )
        self._instructions = frozenset(read_instructions(adapter).values() if adapter is not None else ())
        config = model.config.get_text_config(decoder=True)
        # Tokens that a prompt and its answer may have together.
        self.context: int | None = getattr(config, "max_position_embeddings", None)
        logger.info("loaded %s on %s in %.1f s", name, device, time.perf_counter() - started)

    @staticmethod
    def _add(file: Path, model: Any, folder: Path) -> tuple[Switch, int]:
        """Its switch, and the first layer that it changes."""
        adapter = read_adapter(file)
        if adapter.base != weights_digest(folder):
            raise GenerationError(
                f"the adapter {file} was trained on other weights than those in {folder}; "
                'set generator.adapter = "none" in rag.toml, or the adapter made for this model'
            )
        return apply_adapter(model, adapter), first_layer(adapter.tensors)

    def encode(self, text: str) -> list[int]:
        """The tokens of a plain text."""
        return self._template.encode(text)

    def render(self, messages: Sequence[BaseMessage], *, answer_follows: bool = True) -> list[int]:
        """The tokens of a conversation in the model's own chat template.

        What a message says is text: a control token's name in it (``<|im_start|>``) is read letter by letter.

        Raises:
            GenerationError: the model has no template, or not for such messages.
        """
        return self._template.render(messages, answer_follows=answer_follows)

    def decoder_for(self, messages: Sequence[BaseMessage], *, finder: bool = False) -> Decoder:
        """What answers that conversation: with the adapter where it was trained for its beginning."""
        if finder:
            return self._finder
        first = messages[0] if messages else None
        if isinstance(first, SystemMessage) and str(first.text) in self._instructions:
            return self._adapted
        return self.decoder

    def prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Like ``render``, for messages to be answered.

        Raises:
            GenerationError: there is no room for an answer behind them in what the model can read.
        """
        tokens = self.render(messages)
        if self.context is not None and len(tokens) >= self.context:
            raise GenerationError(
                f"the prompt has {len(tokens):,} tokens and {self.name} reads at most {self.context:,} "
                "with its answer; shorten the question or lower answering.evidence_tokens in rag.toml"
            )
        return tokens


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """No progress bars of transformers: loading takes seconds and they'd stand between ours."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
