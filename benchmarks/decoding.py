"""Measure the generator: how fast it loads, reads and writes, with and without prompt-lookup decoding.

Each grounded question is answered with nothing read before, then with the prompt's fixed head read (the
prefix cache), then with several numbers of tokens guessed ahead. All answers are greedy: in float32 they are
equal, in bfloat16 a tie between two tokens may be decided either way.
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from tqdm import tqdm

from benchmarks.grounded_questions import grounded_prompts
from benchmarks.measuring import Row, markdown_table
from rag.answering.drafting import trained_for
from rag.answering.prompt import head_messages, wording_for
from rag.build import build_generator
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.settings import GeneratorSettings

AHEAD = (0, 5, 10, 20)  # tokens guessed at each step
DEFAULT = 10  # tokens that transformers guesses ahead by itself


@dataclass
class Writing:
    """What is known of the answers with one number of guessed tokens."""

    texts: list[str] = field(default_factory=list)
    tokens: int = 0
    steps: int = 0
    seconds: float = 0.0


@dataclass
class Reading:
    """What is known of the prompts that were read with or without their head in the cache."""

    first_token_s: list[float] = field(default_factory=list)
    read: list[int] = field(default_factory=list)


def ask(
    model: TransformersChatModel, messages: Sequence[BaseMessage], reading: Reading, writing: Writing
) -> None:
    """Answer one question and add what it took."""
    answer = model.invoke(list(messages))
    metadata, usage = answer.response_metadata, answer.usage_metadata
    assert usage is not None
    first = metadata["timings_ms"]["first_token"] / 1000
    reading.first_token_s.append(first)
    reading.read.append(usage["input_tokens"] - metadata["reused_tokens"])
    writing.texts.append(answer.text)
    writing.tokens += usage["output_tokens"] - 1  # the first token comes of reading
    writing.steps += metadata["steps"] - 1
    writing.seconds += metadata["timings_ms"]["total"] / 1000 - first


def forget(model: TransformersChatModel) -> None:
    """Have the model read something else, so that nothing of the last prompt is left in its prefix cache."""
    for head in ([], *([SystemMessage(each)] for each in model.trained_instructions)):
        model.invoke([*head, HumanMessage("1 + 1 = ?")], max_tokens=1)


def measure(
    settings: GeneratorSettings, questions: int, threads: int | None
) -> tuple[list[Row], list[Row], list[str]]:
    """Rows of reading, rows of writing, and the answers."""
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    model = build_generator(settings)
    assert isinstance(model, TransformersChatModel)
    start = time.perf_counter()
    model.load()
    load_s = time.perf_counter() - start
    examples = trained_for(model, wording_for("zh")) is None
    prompts = list(islice(grounded_prompts(examples=examples), questions))
    forget(model)  # the first pass of a process is slower than the next ones

    cold, warm, afresh = Reading(), Reading(), Writing()
    writings = {ahead: Writing() for ahead in AHEAD}
    for _, messages in tqdm(prompts, desc="nothing read before", unit="question", file=sys.stderr):
        forget(model)
        ask(model, messages, cold, afresh)
    start = time.perf_counter()
    for language in ("zh", "en"):
        model.warm(head_messages(wording_for(language), examples=examples))
    head_s = (time.perf_counter() - start) / 2
    for _, messages in tqdm(prompts, desc="head read", unit="question", file=sys.stderr):
        forget(model)
        for ahead in AHEAD:
            model.prompt_lookup_tokens = ahead
            ask(model, messages, warm if ahead == AHEAD[0] else Reading(), writings[ahead])

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux
    rows_read: list[Row] = [
        {
            "prompt": what,
            "tokens to read, median": statistics.median(reading.read),
            "first token s, median": statistics.median(reading.first_token_s),
            "worst": max(reading.first_token_s),
            "tokens/s": sum(reading.read) / sum(reading.first_token_s),
            "same answers": _same(texts, afresh.texts),
        }
        for what, reading, texts in (
            ("nothing read before", cold, afresh.texts),
            ("head read before", warm, writings[DEFAULT].texts),
        )
    ]
    rows_written: list[Row] = [
        {
            "guessed ahead": str(ahead),
            "tokens/s": writing.tokens / writing.seconds,
            "tokens a step": writing.tokens / writing.steps,
            "ms a step": 1000 * writing.seconds / writing.steps,
            "same answers": _same(writing.texts, writings[0].texts),
        }
        for ahead, writing in writings.items()
    ]
    print(
        f"\n{settings.model}: loaded in {load_s:.1f} s, a head read in {head_s:.1f} s, "
        f"peak memory {peak:.1f} GiB, {torch.get_num_threads()} threads, {len(prompts)} questions\n"
    )
    return (
        rows_read,
        rows_written,
        [f"{question}\n  {text}" for (question, _), text in zip(prompts, afresh.texts, strict=True)],
    )


def _same(texts: Sequence[str], expected: Sequence[str]) -> str:
    return f"{sum(one == other for one, other in zip(texts, expected, strict=True))} of {len(expected)}"


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decoding", description=__doc__)
    parser.add_argument("--model", default=GeneratorSettings().model, help="short name or folder")
    parser.add_argument("--questions", type=int, default=16, help="at most 16")
    parser.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"])
    parser.add_argument("--threads", type=int, help="of the CPU; by default as many as PyTorch chooses")
    parser.add_argument("--answers", action="store_true", help="print the answers too")
    arguments = parser.parse_args()
    settings = GeneratorSettings(model=arguments.model, dtype=arguments.dtype)
    reading, writing, answers = measure(settings, arguments.questions, arguments.threads)
    print(markdown_table(reading), markdown_table(writing), sep="\n\n")
    if arguments.answers:
        print("", *answers, sep="\n")


if __name__ == "__main__":
    main()
