"""llama.cpp's own server inside this process, by the package xllamacpp, and how to talk to it.

The server listens on this machine's loopback address, at a port of the system's choice, and answers only who
knows a key that is made anew each time. Its HTTP interface, unlike calls into the library, streams to whoever
reads and stops where nobody does: https://github.com/ggml-org/llama.cpp/tree/master/tools/server.
"""

import http.client
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import GenerationError

THREADS: int | None = None  # that compute; None: one a core
SLOTS = 4  # beginnings of prompts that are kept
_READ_AT_ONCE = 256  # tokens of a prompt between two looks at whether the reader is still there
_TIMEOUT_SECONDS = 600  # without a word from the server
_SPIN_COUNT = "GOMP_SPINCOUNT"
_WAITING = {_SPIN_COUNT, "OMP_WAIT_POLICY"}  # what a user may have settled
_SHORTEST_MATCH = 4  # tokens that must have stood before, for what followed them to be guessed


@cache
def llama_cpp() -> Any:
    """The package xllamacpp, loaded so that it keeps its pace where other programs want the processor too.

    Its threads wait for each other at every step. By default they wait busily, for so long that two of them
    on one core hold each other up: measured on 2 cores beside one busy process, it then writes 0.4 tokens a
    second instead of 9, while alone it is as quick either way.

    Raises:
        ImportError: it isn't installed, or lacks a library of the system.
    """
    if _WAITING & os.environ.keys():
        return import_module("xllamacpp")
    os.environ[_SPIN_COUNT] = "1000"  # read as its OpenMP is loaded, and by no other library
    try:
        return import_module("xllamacpp")
    finally:
        del os.environ[_SPIN_COUNT]


class LlamaServer:
    """A model's file in memory.

    ``context``: tokens that all slots hold together. ``adapters`` are added to the weights as a request says.
    ``lookup_tokens``: how many tokens are guessed ahead where the last ones stood before; 0: none.

    Raises:
        GenerationError: llama.cpp can't load the file.
    """

    def __init__(
        self,
        file: Path,
        *,
        context: int,
        adapters: Sequence[Path] = (),
        device: str = "auto",
        lookup_tokens: int = 0,
    ) -> None:
        xllamacpp = llama_cpp()
        self._key = secrets.token_urlsafe(32)
        self._adapters = len(adapters)
        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.api_keys = [self._key]
        params.ui, params.endpoint_slots = False, False
        params.n_ctx, params.n_parallel, params.kv_unified = context, SLOTS, True
        params.n_batch = params.n_ubatch = _READ_AT_ONCE
        if device == "cpu":
            params.n_gpu_layers = 0
        if THREADS is not None:
            params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
        # The file is mapped, and nothing of it laid out anew for the processor: that would write a fifth
        # faster, but reads a seventh slower, loads slower, and holds two thirds of the file once more.
        params.no_extra_bufts = True
        params.warmup, params.fit_params = False, False
        params.cache_ram_mib, params.n_ctx_checkpoints = 0, 0  # prompts are kept in their slots alone
        params.verbosity = -1
        params.lora_init_without_apply = True
        params.lora_adapters = [_adapter(xllamacpp, each) for each in adapters]
        if lookup_tokens:
            kinds = xllamacpp.common_speculative_type
            params.speculative.types = [kinds.COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE]
            params.speculative.ngram_simple.size_n = _SHORTEST_MATCH
            params.speculative.ngram_simple.size_m = lookup_tokens
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:  # it doesn't say why
            raise GenerationError(
                f"llama.cpp can't load {file}: it doesn't know this kind of model, or memory is short; "
                "name another generator.model in rag.toml"
            ) from error
        address = urlsplit(self._server.listening_address)
        self._address = str(address.hostname), address.port
        # A server that is closed before its loop has begun waits for it without end; now it has.
        list(self.complete(self.tokenize("a", control=False), slot=0, adapter=None, n_predict=1))

    def tokenize(self, text: str, *, control: bool, begins: bool = False) -> list[int]:
        """A text's tokens; control tokens' names count as those only where ``control`` says so.

        ``begins``: what the model wants before every text comes first.
        """
        wanted = {"content": text, "parse_special": control, "add_special": begins}
        tokens: list[int] = self._ask("/tokenize", wanted)["tokens"]
        return tokens

    def render(self, messages: Sequence[Mapping[str, str]], *, answer_follows: bool) -> str:
        """A conversation by the model's own chat template.

        Raises:
            GenerationError: the template takes no such conversation.
        """
        wanted = {"messages": messages, "add_generation_prompt": answer_follows}
        return str(self._ask("/apply-template", wanted)["prompt"])

    def complete(
        self, prompt: Sequence[int], *, slot: int, adapter: int | None, **options: Any
    ) -> Iterator[dict[str, Any]]:
        """What the model writes after a prompt, in events, and how far it has read before; closing stops it.

        Raises:
            GenerationError: the server can't do it.
        """
        wanted = {
            "n_probs": 1,
            **options,
            "prompt": list(prompt),
            "id_slot": slot,
            "lora": [{"id": each, "scale": float(each == adapter)} for each in range(self._adapters)],
            "cache_prompt": True,
            "return_tokens": True,
            "return_progress": True,
            "stream": True,
        }
        with closing(self._request("/completion", wanted)) as response:
            for line in response:
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    if "error" in event:
                        raise _failure(event)
                    yield event

    def _ask(self, path: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        with closing(self._request(path, wanted)) as response:
            answer: dict[str, Any] = json.loads(response.read())
            return answer

    def _request(self, path: str, wanted: Mapping[str, Any]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_SECONDS)
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Connection": "close",
        }
        connection.request("POST", path, json.dumps(wanted), headers)
        response = connection.getresponse()
        if response.status != http.client.OK:
            with closing(response):
                raise _failure(json.loads(response.read()))
        return response


def _adapter(xllamacpp: Any, file: Path) -> Any:
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path, info.scale = str(file), 0.0
    return info


def _failure(answer: Mapping[str, Any]) -> GenerationError:
    return GenerationError(f"llama.cpp can't do it: {str(answer['error']['message'])[:300]}")
