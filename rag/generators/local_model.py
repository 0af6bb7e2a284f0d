"""A model folder in memory: weights, tokenizer, and how its conversations are written down as tokens."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jinja2 import TemplateError
from langchain_core.messages import BaseMessage, ChatMessage
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from rag.errors import GenerationError
from rag.generators.control_tokens import GuardedTexts
from rag.generators.decoding import Decoder
from rag.generators.packed_linear import pack_linears
from rag.hardware import choose_device, choose_dtype

logger = logging.getLogger(__name__)

_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class LocalModel:
    """A causal language model with a chat template, loaded from a folder.

    Raises:
        GenerationError: the folder holds no usable model.
    """

    def __init__(self, folder: Path, *, name: str, device: str, dtype: str) -> None:
        started = time.perf_counter()
        self.name = name
        try:
            device = choose_device(device)
            with _quiet_loading():
                self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model = AutoModelForCausalLM.from_pretrained(
                    folder, dtype=choose_dtype(dtype, device), local_files_only=True
                )
            model.to(device)  # type: ignore[arg-type]
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
        # Whatever the tokenizer would take out of a text as one token, special or not.
        self._control = tuple(self.tokenizer.get_added_vocab())
        self.decoder = Decoder(model, self.end_tokens)
        config = model.config.get_text_config(decoder=True)
        # Tokens that a prompt and its answer may have together.
        self.context: int | None = getattr(config, "max_position_embeddings", None)
        logger.info("loaded %s on %s in %.1f s", name, device, time.perf_counter() - started)

    def encode(self, text: str) -> list[int]:
        """The tokens of a plain text."""
        tokens: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def render(self, messages: Sequence[BaseMessage], *, answer_follows: bool = True) -> list[int]:
        """The tokens of a conversation in the model's own chat template.

        What a message says is text: a control token's name in it (``<|im_start|>``) is read letter by letter.

        Raises:
            GenerationError: the model has no template, or not for such messages.
        """
        guarded = GuardedTexts(self._control, [_text(message) for message in messages])
        conversation = [
            {"role": _role(message), "content": text}
            for message, text in zip(messages, guarded.texts, strict=True)
        ]
        try:
            text = self.tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=answer_follows
            )
        except (TemplateError, ValueError) as error:
            raise GenerationError(
                f"{self.name} can't take this conversation: {first_line(error)}; "
                "set an instruction-tuned model with a chat template as generator.model in rag.toml"
            ) from error
        return [token for piece in guarded.pieces(str(text)) for token in self.encode(piece)]

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


def first_line(error: Exception) -> str:
    """The first line of an error's message, which is all that a message of ours quotes."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


@contextmanager
def _quiet_loading() -> Iterator[None]:
    """No progress bars of transformers: loading takes seconds and they'd stand between ours."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _role(message: BaseMessage) -> str:
    if isinstance(message, ChatMessage):
        return message.role
    role = _ROLES.get(message.type.removesuffix("MessageChunk").lower())
    if role is None:
        raise GenerationError(f"a local model takes no '{message.type}' message; send text messages only")
    return role


def _text(message: BaseMessage) -> str:
    if not isinstance(message.content, str):
        for block in message.content:
            if isinstance(block, dict) and block.get("type") != "text":
                raise GenerationError(f"a local model reads no '{block.get('type')}'; send text instead")
    return str(message.text)
