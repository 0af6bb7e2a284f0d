"""Train the bilingual reranker: low-rank additions to the embedder's first layers, and a head.

The sets are pooled, and questions of their fit halves (``eval.datasets.splits``) are asked. A list of the
passages found in both languages is read, a step for some lists, by listwise softmax: what is relevant is to
be likely. One in ten documents, with the questions on it, is held out: the weight that goes with a score is
fitted there (``training.reranker.weights``). The file is written every fifty steps together with the
optimizer's state (FILE.state), and a run that was stopped goes on there.
"""

import hashlib
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from torch import Tensor, nn
from tqdm import tqdm

from rag.models.reranker.joint import JointReranker
from rag.models.reranker.joint_model import (
    JointHead,
    JointModel,
    Tokens,
    adapted_matrices,
    first_layers,
    join_pairs,
    tokenize,
)
from rag.models.weights import resolve_model, weights_digest
from training.low_rank import Learned, add_low_rank, resume, save, set_rate
from training.reranker.cases import Listed, collect_lists, read_lists

BASE = "multilingual-e5-small"
PASSAGES = 6  # of a list: one that is relevant and others
TRAINED_TOKENS = 160  # of a passage; more are read later
LISTS = 4  # of a step
PAIRS_AT_ONCE = 8
LEARNING_RATE = 1e-3
WARM_UP = 40  # steps
SAVE_EVERY = 50


def reranker(
    out: Annotated[Path, typer.Option(metavar="FILE", help="the adapter")],
    sets: Annotated[list[Path] | None, typer.Argument(metavar="SET", help="folders in BEIR's form")] = None,
    lists: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="where the lists are kept; by default FILE.lists.jsonl"),
    ] = None,
    questions: Annotated[int, typer.Option(help="of each set")] = 350,
    layers: Annotated[int, typer.Option(help="of the embedder, the first ones")] = 6,
    rank: int = 16,
    steps: int = 650,
    seed: int = 0,
    threads: int = 1,
) -> None:
    """Train the bilingual reranker on what is found for questions of the sets' fit halves."""
    torch.set_num_threads(threads)
    file = lists or out.with_suffix(".lists.jsonl")
    found = collect_lists(sets, file, half="fit", count=questions, depth=30) if sets else read_lists(file)
    train([each for each in found if not is_held_out(each)], out, layers, rank, steps, seed)


def is_held_out(listed: Listed) -> bool:
    """Whether a list is kept from training, which is decided by the relevant document."""
    name = re.sub(r"\b(zh|en)-", "", listed.gold[0].rpartition("/")[2])  # one name in both languages
    return hashlib.sha256(name.encode()).digest()[0] < 26


def train(lists: Sequence[Listed], out: Path, layers: int, rank: int, steps: int, seed: int) -> None:
    """Train an adapter on the lists and save it."""
    from transformers import AutoModel, AutoTokenizer

    folder = resolve_model(BASE)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    dtype = torch.bfloat16
    encoder = first_layers(AutoModel.from_pretrained(folder, dtype=dtype).eval(), layers)
    torch.manual_seed(seed)
    model = JointModel(encoder, JointHead(encoder.config.hidden_size)).requires_grad_(False)
    learned = _make_learnable(model, rank)
    optimizer = torch.optim.AdamW(learned.values(), lr=LEARNING_RATE, weight_decay=0.01)
    facts = {
        "format": "1",
        "base": weights_digest(folder),
        "layers": str(layers),
        "rank": str(rank),
        "steps": str(steps),
        "seed": str(seed),
    }
    done = resume(out, learned, optimizer, facts)
    usable = [each for each in lists if _has_both(each)]
    started, seen = time.monotonic(), 0
    mean = 0.0
    batches = _batches(usable, seed)
    with tqdm(total=steps, initial=done, unit="step", file=sys.stderr) as bar:
        for step in range(steps):
            batch = next(batches)
            if step < done:
                continue
            set_rate(optimizer, LEARNING_RATE, step, steps, WARM_UP)
            loss, tokens = _loss(model, tokenizer, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learned.values(), 1.0)
            optimizer.step()
            seen += tokens
            mean = loss.item() if step == done else 0.97 * mean + 0.03 * loss.item()
            bar.update()
            bar.set_postfix(loss=f"{mean:.3f}", tokens_s=f"{seen / (time.monotonic() - started):.0f}")
            if (step + 1) % SAVE_EVERY == 0 or step + 1 == steps:
                save(out, learned, optimizer, facts, step + 1, torch.float16)


def _make_learnable(model: JointModel, rank: int) -> Learned:
    learned = add_low_rank(model.encoder, [name for name, _ in adapted_matrices(model.encoder)], rank)
    for name, parameter in model.head.named_parameters():
        parameter.requires_grad_(True)
        learned[f"head.{name}"] = parameter
    return learned


def _has_both(listed: Listed) -> bool:
    right = sum(document in listed.gold for document in listed.documents)
    return 0 < right < len(listed.documents)


def _batches(lists: Sequence[Listed], seed: int) -> Iterator[list[Listed]]:
    epoch = 0
    while True:
        order = list(lists)
        random.Random(f"{seed} {epoch}").shuffle(order)
        for start in range(0, len(order) - LISTS + 1, LISTS):
            yield [_some(each, f"{seed} {epoch} {each.question}") for each in order[start : start + LISTS]]
        epoch += 1


def _some(listed: Listed, seed: str) -> Listed:
    """The list with one relevant passage and others: mostly the hardest of both languages."""
    chance = random.Random(seed)
    right = [row for row, each in enumerate(listed.documents) if each in listed.gold]
    wrong = [row for row, each in enumerate(listed.documents) if each not in listed.gold]
    chosen = [chance.choice(right[:2])]
    for foreign in (False, True):
        hard = [row for row in wrong if listed.foreign[row] == foreign][:8]
        chosen += chance.sample(hard, min(2, len(hard)))
    rest = [row for row in wrong if row not in chosen]
    chosen += chance.sample(rest, min(PASSAGES - len(chosen), len(rest)))
    return replace(
        listed,
        documents=tuple(listed.documents[row] for row in chosen),
        texts=tuple(listed.texts[row] for row in chosen),
        foreign=tuple(listed.foreign[row] for row in chosen),
        scores=tuple(listed.scores[row] for row in chosen),
    )


def _loss(model: JointModel, tokenizer: Any, lists: Sequence[Listed]) -> tuple[Tensor, int]:
    pairs: list[tuple[Tokens, Tokens]] = []
    for each in lists:
        query = tokenize(tokenizer, [each.question], JointReranker.query_tokens)[0]
        pairs += [(query, passage) for passage in tokenize(tokenizer, each.texts, TRAINED_TOKENS)]
    order = sorted(range(len(pairs)), key=lambda row: len(pairs[row][0]) + len(pairs[row][1]))
    parts, tokens = [], 0
    for start in range(0, len(order), PAIRS_AT_ONCE):
        inputs = join_pairs(tokenizer, [pairs[row] for row in order[start : start + PAIRS_AT_ONCE]])
        tokens += inputs[0].numel()
        parts.append(model(*inputs))
    scores = torch.cat(parts)[torch.tensor(order).argsort()]
    losses, start = [], 0
    for each in lists:  # the first of each list is the relevant one
        own = scores[start : start + len(each.texts)]
        losses.append(own.logsumexp(0) - own[0])
        start += len(each.texts)
    return torch.stack(losses).mean(), tokens
