"""Answer runs: every question asked of a system, scored, attributed and written down."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from eval.datasets.records import EvalSet
from eval.runs.answer_scores import score_asked, summarize_outcomes
from eval.runs.asking import Asker, answer_record
from eval.runs.attribution import lost_at
from eval.runs.folder import RunFolder
from eval.runs.summary import Summary, estimate_record, mean_of_each

PART = "answers"


def ask_set(folder: RunFolder, asker: Asker, eval_set: EvalSet, *, faq: bool) -> list[dict[str, Any]]:
    """Ask a set's questions of a system, those that the folder lacks; returns all lines in order."""
    name = asker.system.name
    done = {each["id"]: each for each in folder.records(eval_set.name, PART, name)}
    questions = [each for each in eval_set.questions if each.id not in done]
    bar = tqdm(questions, desc=f"{eval_set.name} {name}", unit="question", file=sys.stderr)

    def ask() -> Iterator[dict[str, Any]]:
        for question in bar:
            asked = asker.ask(question)
            scores = score_asked(question, asked, asker.corpus, asker.view, faq=faq)
            lost = lost_at(
                question,
                asked,
                right=scores["right" if question.answers else "cited"] == 1.0,
                cited=scores["cited"] != 0.0,
                corpus=asker.corpus,
                view=asker.view,
            )
            yield answer_record(question, asked) | {"scores": scores, "lost": lost}

    for record in folder.append(eval_set.name, PART, name, ask()):
        done[record["id"]] = record
    return [done[each.id] for each in eval_set.questions]


def summarize_answers(records: Sequence[Mapping[str, Any]], seed: int) -> Summary:
    """Each measure with its interval, then those of the set as a whole."""
    whole = summarize_outcomes(records, seed)
    return mean_of_each([each["scores"] for each in records], seed) | {
        name: estimate_record(estimate) for name, estimate in whole.items()
    }


def costs_of(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, float | None]]]:
    """The costs of each line with its group: questions in a conversation take another way."""
    return [("follow-up" if each["history"] else "", each["timings"]) for each in records]
