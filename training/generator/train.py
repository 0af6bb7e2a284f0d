"""Train the answering adapter: low-rank additions to the generator that make it answer from passages.

    python -m training.generator.train SET… --out FILE [--cases FILE] [--epochs N]

``SET…`` are folders in BEIR's form; `training.generator.cases` asks questions of their fit halves and says
what is to be answered. `training.generator.synthetic_cases` adds documents of our own, with tables, lists and
notices.
``--start`` goes on from an adapter that was trained before. One in four documents of the fit halves is kept
from training, for the calibration of confidence and for choosing (``python -m eval answers --half kept``).
FILE is written every twenty steps together with the optimizer's state (FILE.state), and a run that was
stopped goes on there.
"""

import argparse
import hashlib
import json
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from rag.answering.prompt import wording_for
from rag.models.generator.adapter import FORMAT, adapted_names
from rag.models.generator.chat_template import ChatTemplate
from rag.models.weights import resolve_model, weights_digest
from rag.settings import load_settings
from training.frozen_linear import freeze_linears
from training.generator.cases import Case, collect_cases, read_cases
from training.generator.packing import Example, example_of, grouped, loss_of
from training.generator.synthetic_cases import made_cases
from training.low_rank import add_low_rank, load, resume, save, set_rate

WARM_UP = 15  # steps
SAVE_EVERY = 20
_ROUNDS = 1.0


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


def main() -> None:
    """Collect, train, save."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sets", type=Path, nargs="*")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", type=Path, help="where the cases are kept; FILE.cases.jsonl by default")
    parser.add_argument("--written", type=Path, help="questions written on documents of the sets")
    parser.add_argument("--made", type=float, default=_ROUNDS, help="rounds of documents made up; 0: none")
    parser.add_argument("--start", type=Path, help="an adapter to go on from")
    parser.add_argument("--model", default=_DEFAULTS.model)
    parser.add_argument("--first-layer", type=int, default=_DEFAULTS.first_layer)
    parser.add_argument("--rank", type=int, default=_DEFAULTS.rank)
    parser.add_argument("--epochs", type=float, default=_DEFAULTS.epochs)
    parser.add_argument("--batch", type=int, default=_DEFAULTS.batch, help="groups of a step")
    parser.add_argument("--learning-rate", type=float, default=_DEFAULTS.learning_rate)
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed)
    parser.add_argument("--threads", type=int, help="all cores by default")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    cases_file = args.cases or args.out.with_suffix(".cases.jsonl")
    cases = (
        collect_cases(args.sets, cases_file, args.model, args.seed, args.written)
        if args.sets
        else read_cases(cases_file)
    )
    made = made_cases(math.ceil(args.made), args.seed)
    if not args.made.is_integer():
        made = random.Random(args.seed).sample(made, int(len(made) * args.made / math.ceil(args.made)))
    cases += made
    chosen = {each.name: getattr(args, each.name) for each in fields(Options)}
    train(cases, args.out, Options(**chosen), args.start)


def train(cases: Sequence[Case], out: Path, options: Options, start: Path | None = None) -> None:
    """Train an adapter on the cases and save it."""
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


if __name__ == "__main__":
    main()
