"""A model folder in memory, and an answer being written by it."""

import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from transformers import AutoModelForCausalLM, AutoTokenizer

from rag.errors import GenerationError, first_line
from rag.models.generator.adapter import read_adapter, read_instructions
from rag.models.generator.local_chat import Request
from rag.models.generator.messages import answer_facts, first_system_message
from rag.models.generator.transformers.adapted_linear import Switch, apply_adapter
from rag.models.generator.transformers.chat_template import ChatTemplate
from rag.models.generator.transformers.decoding import Decoder, DecodingOptions
from rag.models.generator.transformers.packed_linear import pack_linears
from rag.models.generator.transformers.shared_layers import SharedLayers, first_layer
from rag.models.generator.transformers.text_stream import TextStream
from rag.models.hardware import choose_device, choose_dtype
from rag.models.weights import quiet_loading, weights_digest

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
            with quiet_loading():
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
        self.template = ChatTemplate(self.tokenizer, name)
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

    def decoder_for(self, messages: Sequence[BaseMessage], *, finder: bool = False) -> Decoder:
        """What answers that conversation: with the adapter where it was trained for its beginning."""
        if finder:
            return self._finder
        return self._adapted if first_system_message(messages) in self._instructions else self.decoder

    def encode(self, text: str) -> list[int]:
        """See `LoadedModel`."""
        return self.template.encode(text)

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """See `LoadedModel`."""
        head = self.template.render(messages, answer_follows=False)
        decoders = [self.decoder_for(messages)]
        if self._finder is not self.decoder and decoders[0] is not self.decoder:  # they are read twice
            decoders.append(self._finder)
        for each in decoders:
            each.warm(head)

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """See `LoadedModel`."""
        decoder = self.decoder_for(messages, finder=finder)
        continuations = [self.encode(text) for text in candidates]
        return decoder.continuation_probabilities(self.prompt(messages), continuations)

    def prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        """The tokens of messages to be answered.

        Raises:
            GenerationError: there is no room for an answer behind them in what the model can read.
        """
        tokens = self.template.render(messages)
        if self.context is not None and len(tokens) >= self.context:
            raise GenerationError(
                f"the prompt has {len(tokens):,} tokens and {self.name} reads at most {self.context:,} "
                "with its answer; shorten the question or lower answering.evidence_tokens in rag.toml"
            )
        return tokens

    def write(
        self, request: Request, abandoned: Callable[[], bool], waited: float
    ) -> Generator[AIMessageChunk, None, None]:
        """See `LoadedModel`."""
        started = time.perf_counter()
        first = None
        prompt, decoder = (
            self.prompt(request.messages),
            self.decoder_for(request.messages, finder=request.finder),
        )
        room = request.max_tokens
        options = DecodingOptions(
            max_tokens=room if self.context is None else min(room, self.context - len(prompt)),
            temperature=request.temperature,
            seed=request.seed,
            lookup_tokens=request.lookup_tokens,
            avoid=tuple(self.encode(request.avoid)),
        )
        stream = TextStream(self.tokenizer, request.stop)
        written: list[int] = []
        with closing(decoder.decode(prompt, options, abandoned)) as decoding:
            for tokens in decoding:
                first = first or time.perf_counter()
                written.extend(tokens)
                if piece := stream.feed(tokens):
                    yield AIMessageChunk(content=piece)
                if stream.stopped:
                    break
        if piece := stream.finish():
            yield AIMessageChunk(content=piece)
        facts = answer_facts(
            self.name,
            complete=stream.stopped or not self.end_tokens.isdisjoint(written[-1:]),
            reused=decoder.reused,
            likelihoods=decoder.likelihoods,
            waited=waited,
            started=started,
            first=first,
        )
        response = {**facts, "steps": decoder.steps}
        read = len(prompt)
        usage = UsageMetadata(input_tokens=read, output_tokens=len(written), total_tokens=read + len(written))
        yield AIMessageChunk(
            content="", usage_metadata=usage, response_metadata=response, chunk_position="last"
        )
