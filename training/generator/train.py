"""Train the answering adapter: low-rank additions to the generator that make it answer from passages.

The sets' questions are asked on fit halves (`training.generator.cases`); `training.generator.synthetic_cases`
adds documents of our own, with tables, lists and notices. One in four documents of the fit halves is kept
from training, for the calibration of confidence and for choosing (``python -m eval answers --half kept``).
The file is written every twenty steps together with the optimizer's state (FILE.state), and a run that was
stopped goes on there.
"""

import hashlib
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from torch import nn
from tqdm import tqdm

from rag.answering.prompt import wording_for
from rag.models.generator.adapter import FORMAT
from rag.models.generator.transformers.chat_template import ChatTemplate
from rag.models.weights import resolve_model, weights_digest
from rag.settings import load_settings
from training.frozen_linear import freeze_linears
from training.generator.cases import Case, collect_cases, read_cases
from training.generator.packing import Example, example_of, grouped, loss_of
from training.generator.synthetic_cases import synthetic_cases
from training.low_rank import adapted_names, add_low_rank, load, resume, save, set_rate

WARM_UP = 15  # steps
SAVE_EVERY = 20


@dataclass(frozen=True, slots=True)
class Options:
    """How to train. ``batch``: groups of a step; ``first_layer``: the first that is added to."""

    model: str
    first_layer: int = 12
    rank: int = 8
    epochs: float = 1.0
    batch: int = 4
    learning_rate: float = 3e-4
    seed: int = 0


_DEFAULTS = Options(load_settings(None).generator.model)


def generator(
    out: Annotated[Path, typer.Option(metavar="FILE", help="the adapter")],
    sets: Annotated[list[Path] | None, typer.Argument(metavar="SET", help="folders in BEIR's form")] = None,
    cases: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="where the cases are kept; by default FILE.cases.jsonl"),
    ] = None,
    written: Annotated[
        Path | None, typer.Option(metavar="FILE", help="questions written on documents of the sets")
    ] = None,
    synthetic: Annotated[float, typer.Option(help="rounds of synthetic documents; 0: none")] = 1.0,
    start: Annotated[Path | None, typer.Option(metavar="FILE", help="an adapter to go on from")] = None,
    model: Annotated[str, typer.Option(metavar="NAME")] = _DEFAULTS.model,
    first_layer: Annotated[int, typer.Option(help="the first that is added to")] = _DEFAULTS.first_layer,
    rank: int = _DEFAULTS.rank,
    epochs: float = _DEFAULTS.epochs,
    batch: Annotated[int, typer.Option(help="groups of a step")] = _DEFAULTS.batch,
    learning_rate: float = _DEFAULTS.learning_rate,
    seed: int = _DEFAULTS.seed,
    threads: Annotated[int | None, typer.Option(help="all cores by default")] = None,
) -> None:
    """Train an adapter of the generator that answers from passages, on questions of the sets' fit halves."""
    if threads:
        torch.set_num_threads(threads)
    file = cases or out.with_suffix(".cases.jsonl")
    learned = collect_cases(sets, file, model, seed, written) if sets else read_cases(file)
    rounds = math.ceil(synthetic)
    added = synthetic_cases(rounds, seed)
    if synthetic < rounds:
        added = random.Random(seed).sample(added, int(len(added) * synthetic / rounds))
    options = Options(model, first_layer, rank, epochs, batch, learning_rate, seed)
    train([*learned, *added], out, options, start)


def train(cases: Sequence[Case], out: Path, options: Options, start: Path | None = None) -> None:
    """Train an adapter on the cases and save it.

    Raises:
        TrainingError: ``start`` or a run that was stopped is of another kind.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve_model(options.model)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    template = ChatTemplate(tokenizer, options.model)
    examples = [example_of(each, template, tokenizer.eos_token_id) for each in grouped(cases)]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    model.requires_grad_(False)
    torch.manual_seed(options.seed)
    names = adapted_names(model.config.num_hidden_layers, options.first_layer)
    learned = add_low_rank(model, names, options.rank)
    freeze_linears(model)
    optimizer = torch.optim.AdamW(learned.values(), lr=options.learning_rate, weight_decay=0.01)
    steps = int(options.epochs * len(examples) / options.batch)
    facts = {
        "format": FORMAT,
        "base": weights_digest(folder),
        "instructions": json.dumps(
            {language: wording_for(language).instructions for language in ("zh", "en")}, ensure_ascii=False
        ),
        "cases": str(len(cases)),
        "steps": str(steps),
        "batch": str(options.batch),
        "rank": str(options.rank),
        "first_layer": str(options.first_layer),
        "learning_rate": str(options.learning_rate),
        "seed": str(options.seed),
    }
    if start is not None:
        facts["start"] = hashlib.sha256(start.read_bytes()).hexdigest()
        load(start, learned)
    done = resume(out, learned, optimizer, facts)
    started, seen, mean = time.monotonic(), 0, 0.0
    batches = _batches(examples, options.batch, options.seed)
    with tqdm(total=steps, initial=done, unit="step", file=sys.stderr) as bar:
        for step in range(steps):
            batch = next(batches)
            if step < done:
                continue
            set_rate(optimizer, options.learning_rate, step, steps, WARM_UP)
            optimizer.zero_grad()
            loss = _learn(model, batch)
            nn.utils.clip_grad_norm_(learned.values(), 1.0)
            optimizer.step()
            seen += sum(len(each) for each in batch)
            mean = loss if step == done else 0.95 * mean + 0.05 * loss
            bar.update()
            bar.set_postfix(loss=f"{mean:.3f}", tokens_s=f"{seen / (time.monotonic() - started):.0f}")
            if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
                save(out, learned, optimizer, facts, step + 1, torch.bfloat16)


def _batches(examples: Sequence[Example], size: int, seed: int) -> Iterator[list[Example]]:
    epoch = 0
    while True:
        order = list(examples)
        random.Random(f"{seed} {epoch}").shuffle(order)
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]
        epoch += 1


def _learn(model: Any, batch: Sequence[Example]) -> float:
    """Accumulate the gradients of a batch, a group at a time; each case counts the same."""
    total, cases = 0.0, sum(len(each.branches) for each in batch)
    for each in batch:
        loss = loss_of(model, each) / cases
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    return total
