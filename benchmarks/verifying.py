"""Does the generator, asked whether a text supports an answer, tell more than is known of the answer already?

    python -m benchmarks.verifying RUN… [--system ungated] [--count 140]

A model as a verifier, by the probability that it gives to "yes" (P(True): Kadavath et al., 2022), over the
answers of runs of ``python -m eval answers`` in which nothing is withheld. Prints how well that probability,
what the confidence is fitted on, and both together rank right answers above wrong ones, each set judged by a
fit to the others.
"""

import argparse
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from tqdm import tqdm

from eval.runs.scores import read_answers
from rag.build import build_generator
from rag.settings import load_settings
from rag.text.marks import without_marks
from training.fit.confidence import Labelled, held_out, read_labelled, signals_for
from training.fit.logistic import auroc

_MOST = 6.0  # logits beyond count as these
_ASKED = {
    "zh": (
        "你核对回答。资料明确写出了问题所问的内容，并且回答与资料一致，就只说“是”；否则只说“否”。",
        "资料：\n{text}\n\n问题：{question}\n回答：{answer}\n\n资料是否支持这个回答？只说“是”或“否”。",
        ("是", "否"),
    ),
    "en": (
        "You check answers. If the text says plainly what the question asks and the answer agrees with it, "
        'say only "Yes"; otherwise say only "No".',
        "Text:\n{text}\n\nQuestion: {question}\nAnswer: {answer}\n\n"
        'Does the text support this answer to the question? Say only "Yes" or "No".',
        ("Yes", "No"),
    ),
}


def main() -> None:
    """Ask about each answer, and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--system", default="ungated")
    parser.add_argument("--count", type=int, default=140, help="of the answers, taken by chance")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    records = {
        (name, record["id"]): record
        for run in args.runs
        for name, found in read_answers(run, args.system).items()
        for record in found
    }
    labelled = [each for run in args.runs for each in read_labelled(run, args.system)]
    labelled = [each for each in labelled if records[each.set_name, each.id]["sentences"]]
    random.Random(args.seed).shuffle(labelled)
    labelled = labelled[: args.count]
    generator = build_generator(load_settings(None).override("generator", adapter="none").generator)
    local = generator.abilities.local
    if local is None:
        sys.exit("the generator doesn't tell how likely a word is; choose a local one in rag.toml")
    for each in tqdm(labelled, unit="answer", file=sys.stderr):
        messages, words = _messages(records[each.set_name, each.id])
        yes, no = local.first_token_probabilities(messages, words)
        odds = math.log((yes + 1e-6) / (no + 1e-6))
        each.signals["verified"] = max(-_MOST, min(_MOST, odds))
    _print(labelled)


def _messages(record: dict[str, Any]) -> tuple[list[BaseMessage], tuple[str, str]]:
    told, asked, words = _ASKED["zh" if record["lang"] == "zh" else "en"]
    cited = {each["number"] for each in record["citations"]}
    text = "\n".join(each["evidence"] for each in record["passages"] if each["number"] in cited)
    answer = without_marks(record["answer"])
    message = asked.format(text=text, question=record["text"], answer=answer)
    return [SystemMessage(told), HumanMessage(message)], words


def _print(labelled: list[Labelled]) -> None:
    right = np.array([each.right for each in labelled])
    known = signals_for(labelled)
    alone = np.array([each.signals["verified"] for each in labelled])
    print(f"{len(labelled)} answers, {right.mean():.2f} right\n\n| what ranks them | AUROC |\n|---|---|")
    print(f"| the verifier | {auroc(right, alone):.3f} |")
    print(f"| what is known already | {auroc(right, held_out(labelled, known)):.3f} |")
    print(f"| both | {auroc(right, held_out(labelled, [*known, 'verified'])):.3f} |")


if __name__ == "__main__":
    main()
