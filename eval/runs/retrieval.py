"""Retrieval runs: how well systems rank the documents of question sets."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from eval.datasets.records import EvalQuestion, EvalSet, qrels_of
from eval.measures.retrieval import MEASURES, Ranking, score_rankings
from eval.runs.folder import RunFolder
from eval.runs.summary import Summary, mean_of_each
from eval.selection import Corpus
from eval.systems import RetrievalSystem
from rag.answer import Question
from rag.errors import RagError
from rag.filter import Filter

PART = "retrieval"


def rank_set(
    folder: RunFolder, system: RetrievalSystem, eval_set: EvalSet, corpus: Corpus
) -> list[dict[str, Any]]:
    """Rank the documents for a set's judged questions, those that the folder lacks; returns all lines.

    A question that fails counts 0 on every measure, and its line says why.
    """
    judged = [each for each in eval_set.questions if each.gold]
    done = {each["id"]: each for each in folder.records(eval_set.name, PART, system.name)}
    questions = [each for each in judged if each.id not in done]
    bar = tqdm(questions, desc=f"{eval_set.name} {system.name}", unit="question", file=sys.stderr)

    def rank() -> Iterator[dict[str, Any]]:
        for question in bar:
            yield _rank(system, question, corpus)

    for record in folder.append(eval_set.name, PART, system.name, rank()):
        done[record["id"]] = record
    records = [done[each.id] for each in judged]
    run = {each["id"]: [(document, score) for document, score in each["ranking"]] for each in records}
    folder.write_qrels(eval_set.name, qrels_of(judged))
    folder.write_run(eval_set.name, system.name, run)
    return records


def summarize_rankings(records: Sequence[Mapping[str, Any]], seed: int) -> Summary:
    """Each measure's mean with its bootstrap 95 % interval, over all judged questions."""
    return mean_of_each([dict.fromkeys(MEASURES, 0.0) | each["scores"] for each in records], seed)


def _rank(system: RetrievalSystem, question: EvalQuestion, corpus: Corpus) -> dict[str, Any]:
    start = time.perf_counter()
    ranking: Ranking = []
    error = None
    try:
        others = Filter().excluding(corpus.left_out(question))
        ranking = system.rank(Question(question.text, question.history, others))
    except RagError as problem:
        error = str(problem)
    elapsed = (time.perf_counter() - start) * 1000
    return {
        "id": question.id,
        "text": question.text,
        "lang": question.lang,
        "kind": question.kind,
        "relevant": sorted(question.gold),
        "scores": score_rankings({question.id: ranking}, qrels_of([question]))[question.id],
        "ranking": [[document, score] for document, score in ranking],
        "milliseconds": round(elapsed, 3),
        "error": error,
    }
