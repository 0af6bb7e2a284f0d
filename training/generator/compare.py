"""How well adapters read: questions on documents that training left out, each answered or to be declined.

Several hundred questions take minutes, as nothing is written. Measured is how likely each adapter is to
decline, whether the right answer is what it would say word for word, and how likely that is. It is for
choosing between trainings; what an answer is worth to who asks, `python -m eval answers` measures.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

from rag.answering.prompt import wording_for
from rag.models.generator.adapter import read_adapter
from rag.models.generator.transformers.adapted_linear import apply_adapter
from rag.models.generator.transformers.chat_template import ChatTemplate
from rag.models.generator.transformers.packed_linear import pack_linears
from rag.models.weights import resolve_model
from rag.settings import load_settings
from training.fit.logistic import auroc
from training.generator.cases import Case, collect_cases, read_cases
from training.generator.packing import example_of, grouped, logits_of
from training.tables import cell, markdown_table

_COLUMNS = (
    "adapter",
    "set",
    "to answer / to decline",
    "told apart, AUROC",
    "word for word",
    "its logarithm",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an adapter makes of a case. ``declining``: the natural logarithm of how likely it declines.

    ``answer``: of the right answer's tokens the natural logarithms; ``exact``: whether each is the likeliest.
    """

    case: Case
    declining: float
    answer: tuple[float, ...]
    exact: bool


def generator_compare(
    adapters: Annotated[list[Path], typer.Option(metavar="FILE...")],
    cases: Annotated[Path, typer.Option(metavar="FILE", help="where what is read is kept")],
    sets: Annotated[list[Path] | None, typer.Argument(metavar="SET", help="folders in BEIR's form")] = None,
    model: Annotated[str, typer.Option(metavar="NAME")] = load_settings(None).generator.model,
    seed: int = 0,
) -> None:
    """Compare how well adapters of the generator read; minutes for several hundred questions."""
    read = collect_cases(sets, cases, model, seed, kept=True) if sets else read_cases(cases)
    rows = []
    for file in adapters:
        readings = read_with(file, read, model)
        for name in [*sorted({each.set_name for each in read}), ""]:
            some = [each for each in readings if name in ("", each.case.set_name)]
            rows.append(row_of(file.stem, name, some))
    print(markdown_table(_COLUMNS, rows))


def read_with(file: Path, cases: Sequence[Case], model_name: str) -> list[Reading]:
    """Read cases with an adapter."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = resolve_model(model_name)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    template = ChatTemplate(tokenizer, model_name)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    pack_linears(model, folder)
    apply_adapter(model, read_adapter(file)).on = True
    readings = []
    for group in tqdm(grouped(cases), desc=file.stem, unit="group", file=sys.stderr):
        start = template.encode(wording_for(group[0].lang).decline_start)
        declines = [_with_target(each, wording_for(each.lang).decline_start) for each in group]
        answered = [each for each in group if each.kind != "decline"]
        example = example_of([*declines, *answered], template, tokenizer.eos_token_id)
        with torch.inference_mode():
            logits = [each.log_softmax(-1) for each in logits_of(model, example)]
        likely = [
            each[range(len(tokens) - answer), tokens[answer:]].tolist()
            for each, (tokens, answer) in zip(logits, example.branches, strict=True)
        ]
        best = [
            each.argmax(-1).tolist()[:-1] == tokens[answer:-1]
            for each, (tokens, answer) in zip(logits, example.branches, strict=True)
        ]
        right = {
            id(case): (tuple(likely[len(group) + place][:-1]), best[len(group) + place])
            for place, case in enumerate(answered)
        }
        readings += [
            Reading(case, sum(likely[place][: len(start)]), *right.get(id(case), ((), False)))
            for place, case in enumerate(group)
        ]
    return readings


def row_of(adapter: str, name: str, readings: Sequence[Reading]) -> list[str]:
    """A line of the table; the name "" is of all sets."""
    told = [each.case.kind != "decline" for each in readings]
    answers = [each for each in readings if each.answer]
    apart = auroc(np.array(told, dtype=bool), np.array([-each.declining for each in readings]))
    exact = sum(each.exact for each in answers) / max(1, len(answers))
    likely = sum(sum(each.answer) for each in answers) / max(1, len(answers))
    counts = f"{sum(told)} / {len(told) - sum(told)}"
    return [adapter, name or "all", counts, cell(apart), cell(exact), f"{likely:.2f}"]


def _with_target(case: Case, target: str) -> Case:
    return Case(case.set_name, case.question, case.lang, case.prompt, target, case.kind, group=case.group)
