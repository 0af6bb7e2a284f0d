"""A LangChain chat model over llama.cpp: any GGUF file with a chat template."""

import logging
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata

from rag.errors import GenerationError, RagError
from rag.models.generator.adapter import read_facts, read_instructions
from rag.models.generator.llama_cpp.lora_file import lora_of
from rag.models.generator.llama_cpp.server import SLOTS, LlamaServer
from rag.models.generator.local_chat import LocalChatModel, Request
from rag.models.generator.messages import answer_facts, first_system_message, plain_messages
from rag.models.generator.protocols import Abilities
from rag.models.weights import gguf_digest
from rag.models.weights.gguf_header import read_gguf_header

logger = logging.getLogger(__name__)
_CONTEXT = 8192  # tokens, of all that is kept; more costs memory
_RANKED = 1000  # tokens; a less likely one counts as impossible
_FORCED = 1e9  # added to a token's score, so that it comes whatever else is likely


class LlamaCppChatModel(LocalChatModel):
    """A GGUF file as a chat model."""

    file: Path

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def abilities(self) -> Abilities:
        """It can be loaded ahead: that is native code, which hinders nothing else meanwhile."""
        return replace(super().abilities, load_ahead=self._load_ahead)

    def _load_ahead(self) -> None:
        if self._loaded is None and not self._load_lock.locked():
            # Not a daemon: a process mustn't end inside of native code.
            threading.Thread(target=self._try_to_load, name="loading").start()

    def _try_to_load(self) -> None:
        with suppress(RagError):  # raised again when the model is needed
            self.load()

    def _open(self) -> "LlamaModel":
        return LlamaModel(
            self.file,
            name=self.model_name,
            device=self.device,
            adapter=self.adapter,
            finder=self.finder,
            lookup_tokens=self.prompt_lookup_tokens,
        )


class LlamaModel:
    """A model's GGUF file, perhaps with an adapter, or two, as in `LocalModel` of transformers.

    ``lookup_tokens`` are guessed ahead at each step. Tokens that were guessed rightly have no likelihoods, so
    that with guessing an answer has none.

    Raises:
        GenerationError: llama.cpp can't load the file, or an adapter is for another model.
        WeightsError: the file or an adapter can't be read.
    """

    def __init__(
        self,
        file: Path,
        *,
        name: str,
        device: str,
        adapter: Path | None = None,
        finder: Path | None = None,
        lookup_tokens: int = 0,
    ) -> None:
        started = time.perf_counter()
        self.name = name
        header = read_gguf_header(file)
        if header.chat_template is None:
            raise GenerationError(
                f"{file} has no chat template, so it can't take a conversation; "
                "set an instruction-tuned model as generator.model in rag.toml"
            )
        adapters = [each for each in (adapter, finder) if each is not None]
        for each in adapters:
            _check_fits(each, file)
        # Tokens that a prompt and its answer may have together.
        self.context = min(header.context_length or _CONTEXT, _CONTEXT)
        self._server = LlamaServer(
            file,
            context=self.context,
            adapters=[lora_of(each) for each in adapters],
            device=device,
            lookup_tokens=lookup_tokens,
        )
        self._adapter, self._finder = (
            adapters.index(each) if each is not None else None for each in (adapter, finder)
        )
        self._instructions = frozenset(read_instructions(adapter).values() if adapter is not None else ())
        self._tells_likelihoods = not lookup_tokens
        self._whole = self.encode("a")[0]
        self._slots: OrderedDict[tuple[int | None, str], int] = OrderedDict()  # by use, the last one last
        logger.info("loaded %s with llama.cpp in %.1f s", name, time.perf_counter() - started)

    def encode(self, text: str) -> list[int]:
        """See `LoadedModel`."""
        return self._server.tokenize(text, control=False)

    def prompt(self, messages: Sequence[BaseMessage], *, answer_follows: bool = True) -> list[int]:
        """The tokens of messages; what a message says is text, also a control token's name in it.

        Raises:
            GenerationError: the model takes no such messages, or there is no room for an answer behind them.
        """
        plain = plain_messages(messages)
        texts = "\n".join(each["content"] for each in plain)
        tokenize = self._server.tokenize
        if tokenize(texts, control=True) == tokenize(texts, control=False):
            tokens = tokenize(self._render(plain, answer_follows), control=True, begins=True)
        else:
            tokens = list(self._guarded(plain, answer_follows))
        if len(tokens) >= self.context:
            raise GenerationError(
                f"the prompt has {len(tokens):,} tokens and {self.name} reads at most {self.context:,} "
                "with its answer; shorten the question or lower answering.evidence_tokens in rag.toml"
            )
        return tokens

    def _render(self, plain: Sequence[Mapping[str, str]], answer_follows: bool) -> str:
        try:
            return self._server.render(plain, answer_follows=answer_follows)
        except GenerationError as error:
            raise GenerationError(f"{self.name} can't take this conversation: {error}") from error

    def _guarded(self, plain: Sequence[Mapping[str, str]], answer_follows: bool) -> Iterator[int]:
        """The tokens of the template's text, and apart from them those of the messages in it."""
        mark = secrets.token_hex(8)
        marked = [{**each, "content": f"{mark}{number}{mark}"} for number, each in enumerate(plain)]
        pieces = self._render(marked, answer_follows).split(mark)
        for index, piece in enumerate(pieces):
            if index % 2:
                yield from self._server.tokenize(plain[int(piece)]["content"], control=False)
            else:
                yield from self._server.tokenize(piece, control=True, begins=index == 0)

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """See `LoadedModel`."""
        head = self.prompt(messages, answer_follows=False)
        adapters = [self._adapter_for(messages, False)]
        if self._finder is not None and adapters != [None]:  # they are read twice
            adapters.append(self._finder)
        for adapter in adapters:
            for _ in self._complete(head, self._slot(adapter, messages), adapter, n_predict=0):
                pass

    def first_token_probabilities(
        self, messages: Sequence[BaseMessage], candidates: Sequence[str], *, finder: bool = False
    ) -> list[float]:
        """See `LoadedModel`."""
        adapter = self._adapter_for(messages, finder)
        prompt, slot = self.prompt(messages), self._slot(adapter, messages)
        probabilities = []
        for candidate in candidates:
            tokens = self.encode(candidate)
            rankings = (
                self._ranking([*prompt, *tokens[:index]], slot, adapter) for index in range(len(tokens))
            )
            logarithms = [each.get(token, -math.inf) for each, token in zip(rankings, tokens, strict=True)]
            probabilities.append(math.exp(sum(logarithms)))
        return probabilities

    def write(
        self, request: Request, abandoned: Callable[[], bool], waited: float
    ) -> Generator[AIMessageChunk, None, None]:
        """See `LoadedModel`."""
        started = time.perf_counter()
        first = None
        adapter = self._adapter_for(request.messages, request.finder)
        prompt, slot = self.prompt(request.messages), self._slot(adapter, request.messages)
        options: dict[str, Any] = {
            "n_predict": min(request.max_tokens, self.context - len(prompt)),
            "temperature": request.temperature,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "seed": request.seed if request.seed is not None else -1,
            "stop": [each for each in request.stop if each],
        }
        if request.avoid:
            avoid, greedy = self.encode(request.avoid), request.temperature <= 0
            options["grammar"] = self._avoiding(prompt, avoid, greedy, slot, adapter)
        likelihoods: list[float] = []
        last: dict[str, Any] = {}
        with closing(self._complete(prompt, slot, adapter, **options)) as events:
            for event in events:
                if abandoned():
                    break
                likelihoods += [each["logprob"] for each in event.get("completion_probabilities", ())]
                if "prompt_progress" not in event:
                    first = first or time.perf_counter()
                if piece := event["content"]:
                    yield AIMessageChunk(content=piece)
                if event["stop"]:
                    last = event
        written = last.get("tokens_predicted", len(likelihoods))
        yield AIMessageChunk(
            content="",
            usage_metadata=UsageMetadata(
                input_tokens=len(prompt), output_tokens=written, total_tokens=len(prompt) + written
            ),
            response_metadata=answer_facts(
                self.name,
                complete=last.get("stop_type") in ("eos", "word"),
                reused=last.get("timings", {}).get("cache_n", 0),
                likelihoods=likelihoods if self._tells_likelihoods else [],
                waited=waited,
                started=started,
                first=first,
            ),
            chunk_position="last",
        )

    def _avoiding(self, prompt: Sequence[int], avoid: Sequence[int], greedy: bool, *place: Any) -> str:
        """A grammar for texts that don't begin with the first two tokens of ``avoid``; "" where none would.

        The first is only as likely as what else follows it; if that is less likely than another beginning, a
        greedy text begins with the other one.
        """
        first, *rest = avoid
        ranking = self._ranking(prompt, *place)
        best, second = list(ranking)[:2]
        if greedy and best != first:
            return ""
        otherwise = f"!<[{first}]> .*"
        if not rest:
            return f"root ::= {otherwise}"
        begun = f"<[{first}]> !<[{rest[0]}]> .*"
        if not greedy:
            return f"root ::= {otherwise} | {begun}"
        follows = self._ranking([*prompt, first], *place).get(rest[0], -math.inf)
        left = ranking[first] + math.log1p(-min(math.exp(follows), 1 - 1e-9))
        return f"root ::= {otherwise if ranking[second] > left else begun}"

    def _ranking(self, prompt: Sequence[int], slot: int, adapter: int | None) -> dict[int, float]:
        """The likeliest tokens to follow a prompt, best first, with the logarithms of their probabilities.

        llama.cpp tells them of a token that it writes if that is whole characters; so one is made to come.
        """
        forced = [[self._whole, _FORCED]]
        options = {"n_predict": 1, "temperature": 0.0, "logit_bias": forced, "n_probs": _RANKED}
        events = list(self._complete(prompt, slot, adapter, **options))
        told = [each for event in events for each in event.get("completion_probabilities", ())]
        return {each["id"]: each["logprob"] for each in told[0]["top_logprobs"]}

    def _complete(
        self, prompt: Sequence[int], slot: int, adapter: int | None, **options: Any
    ) -> Generator[dict[str, Any], None, None]:
        yield from self._server.complete(prompt, slot=slot, adapter=adapter, **options)

    def _adapter_for(self, messages: Sequence[BaseMessage], finder: bool) -> int | None:
        """The adapter that answers a conversation: where it was trained for its beginning, and the finder."""
        if finder:
            return self._finder
        return self._adapter if first_system_message(messages) in self._instructions else None

    def _slot(self, adapter: int | None, messages: Sequence[BaseMessage]) -> int:
        """Where the common beginning of such conversations is kept; the one unused longest goes."""
        key = adapter, first_system_message(messages)
        slot = self._slots.pop(key, None)
        if slot is None:
            full = len(self._slots) == SLOTS
            slot = self._slots.popitem(last=False)[1] if full else len(self._slots)
        self._slots[key] = slot
        return slot


def _check_fits(adapter: Path, file: Path) -> None:
    if read_facts(adapter)["base"] != gguf_digest(file):
        raise GenerationError(
            f"the adapter {adapter} was trained on other weights than those in {file}; "
            'set generator.adapter = "none" in rag.toml, or the adapter made for this model'
        )
