"""How well adapters read: questions on documents that training left out, each answered or to be declined.

    python -m training.generator.compare SETS --adapters FILE FILE… --cases FILE

``SETS`` are folders in BEIR's form; FILE keeps what is read for their questions. Several hundred questions
take minutes, as nothing is written: what is measured is how likely each adapter is to decline, whether the
right answer is what it would say word for word, and how likely that is. It is for choosing between trainings;
what an answer is worth to who asks, `python -m eval answers` measures.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from rag.answering.prompt import wording_for
from rag.models.generator.adapter import apply_adapter, read_adapter
from rag.models.generator.chat_template import ChatTemplate
from rag.models.generator.packed_linear import pack_linears
from rag.models.weights import resolve_model
from rag.settings import load_settings
from training.fit.confidence import auroc
from training.generator.cases import Case, collect_cases, read_cases
from training.generator.packing import example_of, grouped, logits_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What an adapter makes of a case. ``declining``: the natural logarithm of how likely it declines.

    ``answer``: of the right answer's tokens the natural logarithms; ``exact``: whether each is the likeliest.
    """

    case: Case
    declining: float
    answer: tuple[float, ...]
    exact: bool


def main() -> None:
    """Collect, read with each adapter, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sets", type=Path, nargs="*")
    parser.add_argument("--adapters", type=Path, nargs="+", required=True)
    parser.add_argument("--cases", type=Path, required=True, help="where the cases are kept")
    parser.add_argument("--model", default=load_settings(None).generator.model)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    cases = (
        collect_cases(args.sets, args.cases, args.model, args.seed, kept=True)
        if args.sets
        else read_cases(args.cases)
    )
    print("| adapter | set | to answer / to decline | told apart, AUROC | word for word | its logarithm |")
    print("|---|---|---|---|---|---|")
    for file in args.adapters:
        readings = read_with(file, cases, args.model)
        for name in [*sorted({each.set_name for each in cases}), ""]:
            print(row_of(file.stem, name, [each for each in readings if name in ("", each.case.set_name)]))


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


def row_of(adapter: str, name: str, readings: Sequence[Reading]) -> str:
    """A line of the table."""
    told = [each.case.kind != "decline" for each in readings]
    answers = [each for each in readings if each.answer]
    apart = auroc(np.array(told, dtype=bool), np.array([-each.declining for each in readings]))
    exact = sum(each.exact for each in answers) / max(1, len(answers))
    likely = sum(sum(each.answer) for each in answers) / max(1, len(answers))
    shown = "–" if apart is None else f"{apart:.3f}"
    counts = f"{sum(told)} / {len(told) - sum(told)}"
    return f"| {adapter} | {name or 'all'} | {counts} | {shown} | {exact:.3f} | {likely:.2f} |"


def _with_target(case: Case, target: str) -> Case:
    return Case(case.set_name, case.question, case.lang, case.prompt, target, case.kind, group=case.group)


if __name__ == "__main__":
    main()
