"""An answer being written by a local model: pieces of text as they come, then what is to be known of it."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from langchain_core.messages.ai import UsageMetadata

from rag.models.generator.decoding import Decoder, DecodingOptions
from rag.models.generator.local_model import LocalModel
from rag.models.generator.text_stream import TextStream


@dataclass(frozen=True, slots=True)
class Request:
    """What to read, how to write, by which of the decoders; a ``stop`` text ends it before itself."""

    prompt: list[int]
    options: DecodingOptions
    stop: list[str]
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Finished:
    """``response`` is the answer's metadata; its times are in milliseconds."""

    usage: UsageMetadata
    response: dict[str, Any]


def write(
    model: LocalModel, request: Request, abandoned: Callable[[], bool] = lambda: False
) -> Generator[str | Finished, None, None]:
    """Write an answer; ``abandoned`` is asked at each step whether nobody wants it any more."""
    started = time.perf_counter()
    first = None
    decoder = request.decoder
    stream = TextStream(model.tokenizer, request.stop)
    written: list[int] = []
    with closing(decoder.decode(request.prompt, request.options, abandoned)) as decoding:
        for tokens in decoding:
            first = first or time.perf_counter()
            written.extend(tokens)
            if piece := stream.feed(tokens):
                yield piece
            if stream.stopped:
                break
    if piece := stream.finish():
        yield piece
    finished = time.perf_counter()
    complete = stream.stopped or not model.end_tokens.isdisjoint(written[-1:])
    response = {
        "finish_reason": "stop" if complete else "length",
        "reused_tokens": decoder.reused,
        "steps": decoder.steps,
        "likelihoods": [round(each, 4) for each in decoder.likelihoods],
        "timings_ms": {
            "first_token": round(((first or finished) - started) * 1000, 3),
            "total": round((finished - started) * 1000, 3),
        },
    }
    read = len(request.prompt)
    usage = UsageMetadata(input_tokens=read, output_tokens=len(written), total_tokens=read + len(written))
    yield Finished(usage, response)
