"""Robustness runs: questions over documents that were chosen to help, to mislead or to contradict."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from tqdm import tqdm

from eval.datasets.records import EvalQuestion, EvalSet
from eval.robustness import robustness_cases, score_case
from eval.runs.asking import Asker, answer_record
from eval.runs.evidence import RANKED, GivenPassages
from eval.runs.folder import RunFolder
from eval.runs.summary import Summary, mean_of_each
from rag.questions.inquiry import understand

PART = "robustness"


def ask_cases(folder: RunFolder, asker: Asker, eval_set: EvalSet, *, sample: int) -> list[dict[str, Any]]:
    """Ask the cases made of a set's questions, those that the folder lacks; returns all lines."""
    name = asker.system.name
    if asker.corpus.pool is None:  # documents to be chosen and changed are needed as texts
        return []
    ranker = asker.system.build_retriever(asker.view, asker.parts.embeddings(asker.system), RANKED)

    def distractors(question: EvalQuestion) -> Sequence[Document]:
        return ranker.search(understand(question.text))

    cases = robustness_cases(
        asker.corpus.pool,
        eval_set.name,
        asker.view,
        distractors,
        sample=sample,
        seed=asker.seed,
    )
    done = {each["id"]: each for each in folder.records(eval_set.name, PART, name)}
    left = [each for each in cases if each.id not in done]
    bar = tqdm(left, desc=f"{eval_set.name} {name}, robustness", unit="question", file=sys.stderr)

    def ask() -> Iterator[dict[str, Any]]:
        for case in bar:
            asked = asker.ask_over(case.question, GivenPassages(case.documents))
            scores = score_case(case, asked.answer)
            yield answer_record(case.question, asked) | {
                "id": case.id,
                "ability": case.ability,
                "noise_ratio": case.noise_ratio,
                "true_answers": list(case.true_answers),
                "false_answer": case.false_answer,
                "scores": scores,
                "lost": None,
            }

    for record in folder.append(eval_set.name, PART, name, ask()):
        done[record["id"]] = record
    return [done[each.id] for each in cases]


def summarize_cases(records: Sequence[Mapping[str, Any]], seed: int) -> Summary:
    """Each ability's measure with its interval."""
    return mean_of_each([each["scores"] for each in records], seed)
